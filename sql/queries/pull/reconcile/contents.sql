-- Empties the former contents of interactions that are gone: they were deleted to be forgotten.
UPDATE interaction_history
SET messages = NULL, output = NULL, label = NULL
WHERE interaction_id IN (SELECT id FROM gone)
