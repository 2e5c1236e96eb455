-- How a source was last read; at most one row.
SELECT mapping FROM pull_state WHERE source = $source AND kind = $kind
