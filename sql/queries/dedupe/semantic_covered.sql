-- The vectors of inputs that the semantic pairs cover; one row per input.
SELECT input_hash, vector FROM embeddings WHERE paired
