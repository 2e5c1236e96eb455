-- The newest decision of each annotator; one row per example and what it is about, of preferences per pair.
CREATE OR REPLACE VIEW current_decisions AS
SELECT DISTINCT ON (d.example_id, d.annotator, about, t.other_id)
       d.*, t.other_id, CASE WHEN d.kind IN ('keep', 'drop', 'relabel') THEN 'verdict' ELSE d.kind END AS about,
       d.content_hash <> i.content_hash AS stale
FROM decisions d
JOIN interactions i ON i.interaction_id = d.example_id
LEFT JOIN tasks t USING (task_key)
WHERE NOT d.withdrawn
ORDER BY d.example_id, d.annotator, about, t.other_id, d.made_at DESC NULLS LAST, d.annotation_id DESC;
COMMENT ON VIEW current_decisions IS 'The newest decision of each annotator, per example and what it is about; of preferences, per pair.';
