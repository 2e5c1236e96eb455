-- The last runs that changed something, with the calls that are as one of them stored them; one row per run.
SELECT r.run_id, r.command, r.outcome, r.started_at, count(e.example_id) AS calls
FROM (FROM runs WHERE finished_at IS NOT NULL AND outcome = 'changed' ORDER BY run_id DESC LIMIT $most) r
LEFT JOIN examples e ON e.pulled_by = r.run_id
GROUP BY ALL
ORDER BY r.run_id DESC
