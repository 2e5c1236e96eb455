-- The feedback that counts, beside what is stored; one row per feedback.
CREATE OR REPLACE TEMP TABLE feedback_now AS
SELECT n.* EXCLUDE (recency),
       CASE WHEN f.feedback_id IS NULL THEN 'new'
            WHEN (n.value, n.scale, n.rating_norm, n.comment, n.rater_type, n.rater_key, n.source_id,
                  n.created_at, n.name) IS DISTINCT FROM
                 (f.value, f.scale, f.rating_norm, f.comment, f.rater_type, f.rater_key, f.source_id,
                  f.created_at, f.name) THEN 'changed'
            ELSE 'unchanged' END AS state
FROM incoming_feedback n
LEFT JOIN feedback f USING (feedback_id)
WHERE n.recency = 1
