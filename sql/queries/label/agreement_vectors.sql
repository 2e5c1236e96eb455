-- The vectors of examples that annotators answered; one row per example that has one, by input.
SELECT x.example_id, x.input_hash, m.vector
FROM example_inputs x
JOIN embeddings m USING (input_hash)
WHERE x.example_id IN (SELECT unnest($examples::VARCHAR[]))
ORDER BY x.input_hash, x.example_id
