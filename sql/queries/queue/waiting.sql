-- How many tasks of a kind were handed over and have no answer; one row.
SELECT count(*) FROM asked_tasks WHERE kind = $kind AND NOT answered
