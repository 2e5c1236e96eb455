-- Near-duplicate inputs at a threshold; one row per pair.
SELECT a, b FROM input_pairs WHERE similarity >= $threshold ORDER BY a, b
