-- Keeps what feedback said before it changes or is withdrawn; one row per feedback.
INSERT INTO feedback_history
SELECT f.feedback_id, f.interaction_id, f.kind, f.value, f.rating_norm, f.run_id, $run_id
FROM feedback f
LEFT JOIN incoming_feedback n USING (feedback_id)
WHERE (n.feedback_id IS NOT NULL
       AND (n.value, n.rating_norm, n.comment) IS DISTINCT FROM (f.value, f.rating_norm, f.comment))
   OR f.feedback_id IN (FROM withdrawn)
ORDER BY f.feedback_id
