-- Feedback of the log's own rows that the row no longer has; one row per feedback.
CREATE OR REPLACE TEMP TABLE withdrawn AS
SELECT f.feedback_id, f.interaction_id
FROM feedback f
WHERE f.origin = 'row'
  AND f.interaction_id IN (SELECT interaction_id FROM incoming WHERE recency = 1 UNION FROM stale)
  AND f.feedback_id NOT IN (SELECT feedback_id FROM incoming_feedback WHERE recency = 1)
