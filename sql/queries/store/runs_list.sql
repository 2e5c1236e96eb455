-- What was run, the newest first; one row per run. Of pulls, state says whether they can be taken back.
SELECT r.run_id, r.command, r.started_at, r.finished_at,
       CASE WHEN r.finished_at IS NULL THEN 'unfinished' ELSE r.outcome END AS outcome,
       r.counts, r.settings, r.curate_version, u.state, u.undone_run_id
FROM runs r
LEFT JOIN undo_runs u USING (run_id)
ORDER BY r.run_id DESC
LIMIT coalesce($most, 9223372036854775807)
