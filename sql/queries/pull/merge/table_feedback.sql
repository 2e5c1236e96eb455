-- Feedback of a table whose rows have ids of their own; one row per row and kind, recency 1 is the
-- one that counts. A row that is updated in place stays the same feedback.
CREATE OR REPLACE TEMP TABLE incoming_feedback AS
WITH named AS (
    SELECT substr(sha256(concat_ws(chr(31), $source, 'table', $table, row_key, kind)), 1, 32) AS feedback_id,
           coalesce(k.interaction_id, substr(sha256($source || chr(31) || s.source_id), 1, 32)) AS interaction_id,
           $source AS source, s.source_id, 'file' AS origin, kind, name, value, scale, rating_norm, comment,
           rater_type, rater_key, created_at, trace_id, location, NULL::BIGINT AS line, $run_id AS run_id,
           line AS place, part
    FROM staging_feedback s
    LEFT JOIN kept_ids k ON k.source = $source AND k.source_id = s.source_id
)
SELECT * EXCLUDE (place, part),
       row_number() OVER (PARTITION BY feedback_id ORDER BY place DESC, part DESC) AS recency
FROM named
