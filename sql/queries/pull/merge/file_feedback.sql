-- Feedback that was pulled separately; one row per document and kind, recency 1 is the one that
-- counts: the last in file order, unless a later file that is unchanged gives the same feedback.
CREATE OR REPLACE TEMP TABLE incoming_feedback AS
WITH named AS (
    SELECT substr(sha256(concat_ws(chr(31), $source, source_id, 'file', kind, rater_type,
                                   coalesce(rater_key, ''), coalesce(created_at::VARCHAR, ''))), 1, 32)
               AS feedback_id,
           substr(sha256($source || chr(31) || source_id), 1, 32) AS interaction_id,
           $source AS source, source_id, 'file' AS origin, kind, value, scale, rating_norm, comment,
           rater_type, rater_key, created_at, location, line, $run_id AS run_id, file_number
    FROM staging_feedback
)
SELECT n.* EXCLUDE (file_number),
       coalesce(p.file_number > n.file_number, false)::INTEGER + row_number() OVER (
           PARTITION BY n.feedback_id ORDER BY n.file_number DESC, n.line DESC) AS recency
FROM named n
LEFT JOIN feedback f USING (feedback_id)
LEFT JOIN pull_files p ON p.location = f.location AND NOT p.was_read
