-- Removes feedback that is about to be replaced or is withdrawn.
DELETE FROM feedback
WHERE feedback_id IN (
    SELECT f.feedback_id
    FROM feedback f
    JOIN incoming_feedback n USING (feedback_id)
    WHERE (n.value, n.scale, n.rating_norm, n.comment, n.rater_type)
          IS DISTINCT FROM (f.value, f.scale, f.rating_norm, f.comment, f.rater_type)
    UNION FROM withdrawn
)
