-- Keeps the former feedback that the merge is about to take out of the history; one row each.
INSERT INTO undo_feedback_history BY NAME
SELECT $run_id AS undo_run_id, h.*
FROM feedback_history h
JOIN feedback f USING (feedback_id)
WHERE h.replaced_run_id <> $run_id AND f.feedback_id IN (SELECT feedback_id FROM incoming_feedback)
  AND (f.value, f.rating_norm) IS NOT DISTINCT FROM (h.value, h.rating_norm)
