-- The id of the next run, and whether the run before it was killed or failed; one row.
SELECT coalesce(max(run_id), 0) + 1 AS run_id,
       coalesce(arg_max(finished_at IS NULL, run_id), false) AS left_unfinished
FROM runs
