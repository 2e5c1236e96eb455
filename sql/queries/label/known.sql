-- Which of some keys are tasks of the ledger; one row per task.
SELECT task_key FROM tasks WHERE task_key IN (SELECT unnest($keys::VARCHAR[])) ORDER BY task_key
