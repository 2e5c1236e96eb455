-- Near-duplicate inputs at a threshold, by today's measure or one that exported files were judged by;
-- one row per pair.
SELECT a, b FROM input_pairs WHERE similarity >= $threshold
UNION
SELECT a, b FROM former_pairs WHERE similarity >= $threshold
ORDER BY a, b
