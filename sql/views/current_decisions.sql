-- The newest decision of each annotator that counts; one row per example and what it is about, of preferences per pair.
CREATE OR REPLACE VIEW current_decisions AS
SELECT DISTINCT ON (example_id, annotator, about, other_id) * EXCLUDE (asked)
FROM (
    FROM standing_decisions
    WINDOW question AS (PARTITION BY least(example_id, other_id), greatest(example_id, other_id), asked.kind)
    -- An adjudicator outranks all that had been said of the same question, whatever becomes of that later.
    QUALIFY asked.ruling = max(asked.ruling) OVER question
        OR (NOT asked.informed AND asked.round > max(asked.ruling) OVER question)
)
ORDER BY example_id, annotator, about, other_id, made_at DESC NULLS LAST, annotation_id DESC;
COMMENT ON VIEW current_decisions IS 'The newest decision of each annotator, per example and what it is about; of preferences, per pair.';
