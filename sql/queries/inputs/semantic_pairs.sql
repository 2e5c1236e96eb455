-- Pairs of inputs that are near in meaning; one row per pair.
SELECT a, b, similarity, difference
FROM semantic_pairs
WHERE a IN (SELECT input_hash FROM inputs WHERE text <> '') AND b IN (SELECT input_hash FROM inputs WHERE text <> '')
ORDER BY a, b
