-- Keeps the feedback that the merge is about to replace or withdraw, as it is; one row each.
INSERT INTO undo_feedback BY NAME
SELECT $run_id AS undo_run_id, f.*
FROM feedback f
WHERE f.run_id <> $run_id
  AND f.feedback_id IN (SELECT feedback_id FROM feedback_now WHERE state = 'changed'
                        UNION SELECT feedback_id FROM withdrawn)
