-- All vectors in the order of their hashes; one row per input.
SELECT input_hash, vector FROM embeddings ORDER BY input_hash
