-- Ratings, labels and corrections that stand in the log's own rows; one row per document and piece
-- of feedback. A plain rating or correction of a row has no name and no rater; what several documents
-- with one id and one content say, such as a row for each annotator, all counts.
CREATE OR REPLACE TEMP TABLE incoming_feedback AS
WITH plain AS (
    SELECT n.*, 'rating' AS kind, s.rating_value AS value, s.rating_scale AS scale, s.rating_norm
    FROM incoming n JOIN staging_interactions s USING (file_number, line, part)
    WHERE s.rating_value IS NOT NULL
    UNION ALL BY NAME
    SELECT n.*, 'correction' AS kind, s.correction AS value
    FROM incoming n JOIN staging_interactions s USING (file_number, line, part)
    WHERE s.correction IS NOT NULL
),
said AS (
    SELECT n.* EXCLUDE (recency), f.kind, f.name, f.value, f.scale, f.rating_norm, f.comment, f.rater_type,
           f.rater_key, f.created_at,
           nullif(concat_ws(chr(31), f.name, nullif(f.rater_type, 'human_user'), f.rater_key,
                            f.created_at::VARCHAR), '') AS details
    FROM incoming n
    JOIN staging_feedback f USING (file_number, line, part)
    JOIN incoming c ON c.interaction_id = n.interaction_id AND c.recency = 1
                   AND c.content_hash = n.content_hash
),
together AS (
    FROM plain
    UNION ALL BY NAME
    SELECT *, row_number() OVER (PARTITION BY interaction_id, kind, details
                                 ORDER BY file_number DESC, line DESC, part DESC) AS recency
    FROM said
)
SELECT substr(sha256(concat_ws(chr(31), interaction_id, 'row', kind, details)), 1, 32) AS feedback_id,
       interaction_id, $source AS source, source_id, 'row' AS origin, kind, name, value, scale, rating_norm,
       comment, coalesce(rater_type, 'human_user') AS rater_type, rater_key,
       created_at, NULL::VARCHAR AS trace_id, location, place AS line, $run_id AS run_id, recency
FROM together
