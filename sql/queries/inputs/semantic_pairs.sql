-- Pairs of inputs that are near in meaning, neither of them windowed; one row per pair.
SELECT a, b, similarity, difference
FROM semantic_pairs
WHERE a IN (SELECT input_hash FROM inputs WHERE text <> '') AND b IN (SELECT input_hash FROM inputs WHERE text <> '')
  AND a NOT IN (SELECT input_hash FROM embeddings WHERE windowed)
  AND b NOT IN (SELECT input_hash FROM embeddings WHERE windowed)
ORDER BY a, b
