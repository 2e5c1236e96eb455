-- Feedback that was pulled separately; one row per document and kind, recency 1 is the one that
-- counts: the last in file order, unless a later file that is unchanged gives the same feedback.
-- What has an id of its own is told apart by it, and stays itself when its time or name changes.
CREATE OR REPLACE TEMP TABLE incoming_feedback AS
WITH named AS (
    SELECT substr(sha256(CASE WHEN row_key IS NULL
                   THEN concat_ws(chr(31), $source, s.source_id, 'file', kind, rater_type,
                                  coalesce(rater_key, ''), coalesce(created_at::VARCHAR, ''), name)
                   ELSE concat_ws(chr(31), $source, 'score', row_key, kind) END), 1, 32) AS feedback_id,
           coalesce(k.interaction_id, substr(sha256($source || chr(31) || s.source_id), 1, 32)) AS interaction_id,
           $source AS source, s.source_id, 'file' AS origin, kind, name, value, scale, rating_norm, comment,
           rater_type, rater_key, created_at, trace_id, location, line, $run_id AS run_id, file_number, part
    FROM staging_feedback s
    LEFT JOIN kept_ids k ON k.source = $source AND k.source_id = s.source_id
)
SELECT n.* EXCLUDE (file_number, part),
       coalesce(p.file_number > n.file_number, false)::INTEGER + row_number() OVER (
           PARTITION BY n.feedback_id ORDER BY n.file_number DESC, n.line DESC, n.part DESC) AS recency
FROM named n
LEFT JOIN feedback f USING (feedback_id)
LEFT JOIN pull_files p ON p.location = f.location AND NOT p.was_read
