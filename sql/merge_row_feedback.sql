-- Ratings and corrections that stand in the log's own rows; one row per feedback.
CREATE OR REPLACE TEMP TABLE incoming_feedback AS
SELECT substr(sha256(interaction_id || chr(31) || 'row' || chr(31) || kind), 1, 32) AS feedback_id,
       interaction_id, source, source_id, 'row' AS origin, kind, value, scale, rating_norm,
       NULL::VARCHAR AS comment, 'human_user' AS rater_type, NULL::VARCHAR AS rater_key,
       NULL::TIMESTAMP AS created_at, location, line, run_id
FROM (
    SELECT *, 'rating' AS kind, rating_value AS value, rating_scale AS scale FROM incoming
    WHERE recency = 1 AND rating_value IS NOT NULL
    UNION ALL BY NAME
    SELECT * REPLACE (NULL AS rating_norm), 'correction' AS kind, correction AS value, NULL AS scale
    FROM incoming
    WHERE recency = 1 AND correction IS NOT NULL
)
