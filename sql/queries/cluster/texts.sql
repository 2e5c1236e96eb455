-- Inputs that have a vector, up to a hash; one row per input.
SELECT input_hash, text FROM inputs
WHERE input_hash <= $last AND input_hash IN (SELECT input_hash FROM embeddings)
