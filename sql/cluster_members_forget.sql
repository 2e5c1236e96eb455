-- Forgets memberships of texts that are gone.
DELETE FROM cluster_members WHERE input_hash NOT IN (SELECT input_hash FROM inputs)
