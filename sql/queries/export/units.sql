-- The split unit of every example (table plan); one row per example.
SELECT example_id, unit FROM plan
