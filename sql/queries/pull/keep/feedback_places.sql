-- Keeps where unchanged feedback stands that the merge is about to move; one row each.
INSERT INTO undo_places BY NAME
SELECT $run_id AS undo_run_id, 'feedback' AS part, f.feedback_id AS id, f.location, f.line
FROM feedback_now n
JOIN feedback f USING (feedback_id)
WHERE n.state = 'unchanged' AND f.run_id <> $run_id
  AND (f.location, f.line) IS DISTINCT FROM (n.location, n.line)
  AND NOT EXISTS (FROM undo_places p
                  WHERE (p.undo_run_id, p.part, p.id) = ($run_id, 'feedback', f.feedback_id))
