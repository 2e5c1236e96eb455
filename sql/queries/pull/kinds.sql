-- What a source has been read as; one row per kind.
SELECT kind FROM pull_state WHERE source = $source ORDER BY kind
