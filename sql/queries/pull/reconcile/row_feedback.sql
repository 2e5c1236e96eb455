-- Removes the feedback that stood in rows that are gone.
DELETE FROM feedback WHERE origin = 'row' AND interaction_id IN (SELECT id FROM gone)
