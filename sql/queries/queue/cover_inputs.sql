-- Inputs with a vector, and what is known of them (temporary table known_inputs), in the order of their hashes; one
-- row per input. From a table, whose size is known, the join never copies the vectors.
SELECT k.*, v.vector FROM known_inputs k JOIN embeddings v USING (input_hash) ORDER BY input_hash
