-- Forgets the answers that have changed.
DELETE FROM pair_answers WHERE example_id IN (SELECT example_id FROM changed)
