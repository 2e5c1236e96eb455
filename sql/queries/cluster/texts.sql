-- All inputs that have a vector; one row per input.
SELECT input_hash, text FROM inputs WHERE input_hash IN (SELECT input_hash FROM embeddings)
