-- The vectors of inputs without a point; one row per input.
SELECT input_hash, vector FROM embeddings
WHERE input_hash NOT IN (SELECT input_hash FROM map_points)
ORDER BY input_hash
