-- Feedback whose row the table no longer has; one row per feedback.
CREATE OR REPLACE TEMP TABLE gone AS
SELECT feedback_id AS id, run_id
FROM feedback
WHERE source = $source AND location = $location AND feedback_id NOT IN (
    SELECT substr(sha256(concat_ws(chr(31), $source, 'table', $table, row_key, kind)), 1, 32)
    FROM present CROSS JOIN (VALUES ('rating'), ('label'), ('correction')) AS kinds(kind)
)
