-- Stores memberships (an Arrow table registered as found); one row per input.
INSERT INTO cluster_members SELECT input_hash, cluster_id, similarity FROM found
