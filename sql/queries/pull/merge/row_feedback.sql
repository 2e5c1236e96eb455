-- Ratings and corrections that stand in the log's own rows; one row per document and kind.
CREATE OR REPLACE TEMP TABLE incoming_feedback AS
SELECT substr(sha256(interaction_id || chr(31) || 'row' || chr(31) || kind), 1, 32) AS feedback_id,
       interaction_id, $source AS source, source_id, 'row' AS origin, kind, value, scale, rating_norm,
       NULL::VARCHAR AS comment, 'human_user' AS rater_type, NULL::VARCHAR AS rater_key,
       NULL::TIMESTAMP AS created_at, location, place AS line, $run_id AS run_id, recency
FROM (
    SELECT n.*, 'rating' AS kind, s.rating_value AS value, s.rating_scale AS scale, s.rating_norm
    FROM incoming n JOIN staging_interactions s USING (file_number, line, part)
    WHERE s.rating_value IS NOT NULL
    UNION ALL BY NAME
    SELECT n.*, 'correction' AS kind, s.correction AS value
    FROM incoming n JOIN staging_interactions s USING (file_number, line, part)
    WHERE s.correction IS NOT NULL
)
