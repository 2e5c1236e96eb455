-- Decisions that nobody took back, with what they are about; one row per decision.
CREATE OR REPLACE VIEW standing_decisions AS
SELECT d.*, t.other_id, CASE WHEN d.kind IN ('keep', 'drop', 'relabel') THEN 'verdict' ELSE d.kind END AS about,
       d.content_hash <> i.content_hash AS stale, t.kind AS work, t.round, t.adjudicates IS NOT NULL AS informed,
       CASE WHEN t.adjudicates IS NOT NULL AND NOT list_contains(t.adjudicates, d.annotator)
                 AND d.content_hash = i.content_hash THEN t.round ELSE 0 END AS ruling
FROM decisions d
JOIN interactions i ON i.interaction_id = d.example_id
LEFT JOIN tasks t USING (task_key)
WHERE NOT d.withdrawn;
COMMENT ON VIEW standing_decisions IS 'Decisions that nobody took back.';
COMMENT ON COLUMN standing_decisions.work IS 'Kind of the task.';
COMMENT ON COLUMN standing_decisions.informed IS 'Whoever decided had read what others say.';
COMMENT ON COLUMN standing_decisions.ruling IS 'The round, where an adjudicator decided about today''s content who is none of those who disagreed; else 0.';
