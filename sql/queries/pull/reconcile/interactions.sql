-- Removes the interactions that are gone.
DELETE FROM interactions WHERE interaction_id IN (SELECT id FROM gone)
