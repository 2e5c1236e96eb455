-- Removes the interactions that are gone.
DELETE FROM calls WHERE interaction_id IN (SELECT id FROM gone)
