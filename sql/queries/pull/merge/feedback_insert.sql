-- Stores feedback that is new or changed; one row per feedback.
INSERT INTO feedback BY NAME
SELECT * EXCLUDE (state) FROM feedback_now
WHERE state <> 'unchanged'
ORDER BY feedback_id
