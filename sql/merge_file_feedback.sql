-- Feedback that was pulled separately; one row per feedback, the last of those with one identity.
CREATE OR REPLACE TEMP TABLE incoming_feedback AS
SELECT DISTINCT ON (feedback_id) * EXCLUDE (file_number)
FROM (
    SELECT substr(sha256(concat_ws(chr(31), $source, source_id, 'file', kind,
                                   coalesce(rater_key, ''), coalesce(created_at::VARCHAR, ''))), 1, 32)
               AS feedback_id,
           substr(sha256($source || chr(31) || source_id), 1, 32) AS interaction_id,
           $source AS source, source_id, 'file' AS origin, kind, value, scale, rating_norm, comment,
           rater_type, rater_key, created_at, location, line, $run_id AS run_id, file_number
    FROM staging_feedback
)
ORDER BY feedback_id, file_number DESC, line DESC
