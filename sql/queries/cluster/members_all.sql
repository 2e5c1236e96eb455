-- The cluster of each input, or of those up to a hash where one is given; one row per input.
SELECT input_hash, cluster_id FROM cluster_members WHERE input_hash <= $last OR $last IS NULL ORDER BY input_hash
