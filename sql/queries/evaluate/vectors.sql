-- The vectors of some examples' inputs (an Arrow table registered as wanted); one row per example that has one.
SELECT w.place, v.vector
FROM wanted w
JOIN example_inputs x USING (example_id)
JOIN embeddings v USING (input_hash)
ORDER BY w.place
