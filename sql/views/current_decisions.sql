-- The newest decision of each annotator that counts; one row per example and what it is about, of preferences per pair.
CREATE OR REPLACE VIEW current_decisions AS
SELECT DISTINCT ON (example_id, annotator, about, other_id) * EXCLUDE (work, round, informed, ruling, last_ruling)
FROM (
    SELECT *, max(ruling) OVER (
               PARTITION BY least(example_id, other_id), greatest(example_id, other_id), work) AS last_ruling
    FROM standing_decisions
)
-- An adjudicator outranks all that had been said of the same question, whatever becomes of that later.
WHERE ruling = last_ruling OR (NOT informed AND round > last_ruling)
ORDER BY example_id, annotator, about, other_id, made_at DESC NULLS LAST, annotation_id DESC;
COMMENT ON VIEW current_decisions IS 'The newest decision of each annotator, per example and what it is about; of preferences, per pair.';
