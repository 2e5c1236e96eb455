-- Examples that a run has added and whose input is not computed; one row per example.
SELECT e.example_id, e.revision
FROM examples e
WHERE e.example_id IN (SELECT interaction_id FROM interactions WHERE run_id = $run_id)
  AND e.example_id NOT IN (SELECT example_id FROM example_inputs)
