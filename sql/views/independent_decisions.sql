-- What each annotator decided last without having read what others say; one row per example (or pair) and subject.
CREATE OR REPLACE VIEW independent_decisions AS
SELECT DISTINCT ON (example_id, annotator, about, other_id) * EXCLUDE (asked)
FROM standing_decisions
WHERE NOT asked.informed
ORDER BY example_id, annotator, about, other_id, made_at DESC NULLS LAST, annotation_id DESC;
COMMENT ON VIEW independent_decisions IS 'As current_decisions, of annotators who had not read what others say: adjudications are left out.';
