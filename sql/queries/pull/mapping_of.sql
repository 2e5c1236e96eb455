-- Whether a source has been read before; one row.
SELECT count(*) > 0 FROM pull_state WHERE source = $source
