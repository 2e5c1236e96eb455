-- Forgets the inputs of examples that are gone.
DELETE FROM example_inputs WHERE example_id NOT IN (SELECT interaction_id FROM interactions)
