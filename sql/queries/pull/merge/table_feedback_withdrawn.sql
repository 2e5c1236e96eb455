-- Feedback that rows of this page gave and no longer give; one row per feedback.
CREATE OR REPLACE TEMP TABLE withdrawn AS
SELECT f.feedback_id, f.interaction_id
FROM feedback f
WHERE f.feedback_id IN (
    SELECT substr(sha256(concat_ws(chr(31), $source, 'table', $table, row_key, kind)), 1, 32)
    FROM (SELECT row_key FROM staging_feedback UNION SELECT row_key FROM staging_rejects)
    CROSS JOIN (VALUES ('rating'), ('label'), ('correction')) AS kinds(kind)
) AND f.feedback_id NOT IN (SELECT feedback_id FROM incoming_feedback)
