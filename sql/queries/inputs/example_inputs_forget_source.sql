-- Forgets the inputs of one source, whose templates have changed.
DELETE FROM example_inputs
WHERE example_id IN (SELECT interaction_id FROM interactions WHERE source = $source)
