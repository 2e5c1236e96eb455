-- Decisions that nobody took back, with what they are about; one row per decision.
CREATE OR REPLACE VIEW standing_decisions AS
SELECT d.*, t.other_id, CASE WHEN d.kind IN ('keep', 'drop', 'relabel') THEN 'verdict' ELSE d.kind END AS about,
       d.content_hash <> i.content_hash AS stale,
       {'kind': t.kind, 'round': t.round, 'informed': t.adjudicates IS NOT NULL,
        -- The round, where an adjudicator who is none of those who disagreed decided about today's content.
        'ruling': CASE WHEN t.adjudicates IS NOT NULL AND NOT list_contains(t.adjudicates, d.annotator)
                            AND d.content_hash = i.content_hash THEN t.round ELSE 0 END} AS asked
FROM decisions d
JOIN interactions i ON i.interaction_id = d.example_id
LEFT JOIN tasks t USING (task_key)
WHERE NOT d.withdrawn;
COMMENT ON VIEW standing_decisions IS 'Decisions that nobody took back.';
COMMENT ON COLUMN standing_decisions.asked IS 'Kind and round of the task; informed: who decided had read what others say; ruling: the round where that decides alone, else 0.';
