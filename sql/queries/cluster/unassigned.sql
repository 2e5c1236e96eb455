-- Inputs with a vector and no cluster, in the order of hashes; one row per input.
SELECT input_hash, vector FROM embeddings
WHERE input_hash NOT IN (SELECT input_hash FROM cluster_members)
ORDER BY input_hash
