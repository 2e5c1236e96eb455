-- The newest decision of each annotator that counts; one row per example and what it is about, of preferences per pair.
CREATE OR REPLACE VIEW current_decisions AS
SELECT DISTINCT ON (example_id, annotator, about, other_id) * EXCLUDE (work, informed, authority)
FROM (
    FROM standing_decisions
    -- An adjudicator outranks whoever said something about the same question, whatever becomes of that later.
    QUALIFY authority = max(authority) OVER (
        PARTITION BY least(example_id, other_id), greatest(example_id, other_id), work)
)
ORDER BY example_id, annotator, about, other_id, made_at DESC NULLS LAST, annotation_id DESC;
COMMENT ON VIEW current_decisions IS 'The newest decision of each annotator, per example and what it is about; of preferences, per pair.';
