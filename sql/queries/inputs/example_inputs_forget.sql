-- Forgets the inputs of examples that are gone; one row per forgotten example.
DELETE FROM example_inputs
WHERE example_id NOT IN (SELECT interaction_id FROM interactions)
RETURNING example_id
