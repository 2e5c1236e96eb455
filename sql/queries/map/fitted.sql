-- The vectors and points of the inputs that the map was drawn with; one row per input.
SELECT p.input_hash, e.vector, p.x, p.y
FROM map_points p JOIN embeddings e USING (input_hash)
WHERE p.fitted
ORDER BY p.input_hash
