-- The newest decision of each annotator who had not read what others say: what agreement is told by; one row per
-- example and what it is about, of preferences per pair.
CREATE OR REPLACE VIEW independent_decisions AS
SELECT DISTINCT ON (example_id, annotator, about, other_id) * EXCLUDE (work, informed, authority)
FROM standing_decisions
WHERE NOT informed
ORDER BY example_id, annotator, about, other_id, made_at DESC NULLS LAST, annotation_id DESC;
COMMENT ON VIEW independent_decisions IS 'As current_decisions, of annotators who had not read what others say: adjudications are left out.';
