-- Later pulls that rest on what a pull stored; one row per run, the newest first.
SELECT DISTINCT later.run_id
FROM (
    SELECT u.undo_run_id AS run_id FROM undo_interactions u JOIN touched USING (interaction_id)
    UNION ALL SELECT i.run_id FROM interactions i JOIN touched USING (interaction_id)
    UNION ALL SELECT h.replaced_run_id FROM interaction_history h JOIN touched USING (interaction_id)
    UNION ALL SELECT p.undo_run_id FROM undo_places p JOIN touched t ON t.interaction_id = p.id
              WHERE p.part = 'interactions'
    UNION ALL SELECT u.undo_run_id FROM undo_feedback u JOIN touched_feedback USING (feedback_id)
    UNION ALL SELECT f.run_id FROM feedback f JOIN touched_feedback USING (feedback_id)
    UNION ALL SELECT h.replaced_run_id FROM feedback_history h JOIN touched_feedback USING (feedback_id)
    UNION ALL SELECT p.undo_run_id FROM undo_places p JOIN touched_feedback t ON t.feedback_id = p.id
              WHERE p.part = 'feedback'
    UNION ALL SELECT f.run_id FROM feedback f
              JOIN kept_ids k ON (k.source, k.source_id, k.run_id) = (f.source, f.source_id, $undone)
    -- A file, a refused document, a table: what was read again is known by the later pull.
    UNION ALL SELECT undo_run_id FROM undo_pulled_files WHERE run_id = $undone
    UNION ALL SELECT undo_run_id FROM undo_rejects WHERE run_id = $undone
    UNION ALL SELECT u.undo_run_id
              FROM undo_pulled_tables u JOIN undo_pulled_tables mine USING (source, kind, location)
              WHERE mine.undo_run_id = $undone
    UNION ALL SELECT u.undo_run_id
              FROM undo_pulled_platforms u JOIN undo_pulled_platforms mine USING (source, kind, location)
              WHERE mine.undo_run_id = $undone
) later
JOIN runs r ON r.run_id = later.run_id
WHERE later.run_id > $undone AND r.outcome IS DISTINCT FROM 'unchanged'
ORDER BY later.run_id DESC
