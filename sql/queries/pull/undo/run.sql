-- A run, and whether it can be taken back; at most one row.
SELECT r.command, r.outcome, u.source, u.state, u.undone_run_id, EXISTS (
           FROM undo_runs n JOIN runs later USING (run_id)
           WHERE n.source = u.source AND n.run_id > u.run_id AND n.state <> 'undone'
             AND later.outcome IS DISTINCT FROM 'unchanged'
       ) AS is_older
FROM runs r
LEFT JOIN undo_runs u USING (run_id)
WHERE r.run_id = $undone
