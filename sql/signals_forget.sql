-- Forgets what was said of examples that are gone.
DELETE FROM signals WHERE example_id NOT IN (SELECT example_id FROM examples)
