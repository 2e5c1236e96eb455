-- Removes the inputs that are computed anew.
DELETE FROM example_inputs WHERE example_id IN (SELECT example_id FROM fresh)
