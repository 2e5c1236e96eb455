-- The last run that changed something; one row, or none.
SELECT run_id, started_at FROM runs WHERE finished_at IS NOT NULL AND outcome = 'changed'
ORDER BY run_id DESC LIMIT 1
