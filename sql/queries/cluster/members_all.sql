-- The cluster of each input; one row per input.
SELECT input_hash, cluster_id FROM cluster_members ORDER BY input_hash
