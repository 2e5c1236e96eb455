-- The vectors of inputs in the order of their hashes, up to a number; one row per input.
SELECT input_hash, vector FROM embeddings ORDER BY input_hash LIMIT $most
