-- The id of the next run; one row.
SELECT coalesce(max(run_id), 0) + 1 AS run_id FROM runs
