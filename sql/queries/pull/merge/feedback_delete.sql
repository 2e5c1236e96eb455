-- Removes feedback that is about to be replaced or is withdrawn.
DELETE FROM feedback
WHERE feedback_id IN (
    SELECT feedback_id FROM feedback_now WHERE state = 'changed'
    UNION SELECT feedback_id FROM withdrawn
)
