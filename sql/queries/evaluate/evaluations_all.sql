-- What was said of all versions, oldest first; one row per evaluation.
SELECT e.name, e.version, e.test_id, e.result, r.started_at
FROM evaluations e JOIN runs r USING (run_id)
ORDER BY e.run_id
