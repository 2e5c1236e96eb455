-- Stores feedback that is new or changed; one row per feedback.
INSERT INTO feedback BY NAME
SELECT * FROM incoming_feedback
WHERE feedback_id NOT IN (SELECT feedback_id FROM feedback)
ORDER BY feedback_id
