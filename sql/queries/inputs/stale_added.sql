-- Examples that a run has added and whose input is not computed; one row per example.
SELECT e.example_id, e.revision
FROM examples e
ANTI JOIN example_inputs i USING (example_id)
WHERE e.pulled_by = $run_id
