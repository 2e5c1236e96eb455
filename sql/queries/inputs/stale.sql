-- Examples whose input is not computed, or was computed from other content; one row per example.
SELECT e.example_id, e.revision
FROM examples e
LEFT JOIN example_inputs i USING (example_id)
WHERE i.revision IS DISTINCT FROM e.revision
