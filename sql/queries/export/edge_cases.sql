-- Edge cases among the examples that have a side (temporary table edge_cases); one row per example.
SELECT example_id, c.reason FROM edge_cases c JOIN verdicts v USING (example_id)
WHERE v.side IN ('train', 'test') ORDER BY example_id
