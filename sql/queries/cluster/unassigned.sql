-- Inputs with a vector and no cluster; one row per input.
SELECT input_hash, vector FROM embeddings WHERE input_hash NOT IN (SELECT input_hash FROM cluster_members)
