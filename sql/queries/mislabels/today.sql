-- Every label as it stands and what is suspected of it (temporary table suspects); one row per example. Aside
-- says why a label is not up for judgement: null where it is. Readable: the input has a vector.
CREATE OR REPLACE TEMP TABLE labels_today AS
SELECT e.example_id, e.source, e.source_id, CASE WHEN trim(e.label) <> '' THEN e.label END AS label, v.side,
       CASE WHEN v.side IS NULL OR v.side NOT IN ('train', 'test') OR v.exposed THEN 'in no file'
            WHEN coalesce(trim(e.label), '') = '' THEN 'without a label'
            WHEN NOT list_contains(known_labels, e.label) THEN 'unknown label'
            WHEN h.example_id IS NOT NULL THEN 'labelled by hand' END AS aside,
       m.input_hash IS NOT NULL AS readable,
       CASE WHEN s.contested IS NULL THEN s.tier ELSE 'contested' END AS tier, s.score, s.suggested, s.probability
FROM examples e
LEFT JOIN verdicts v USING (example_id)
LEFT JOIN hand_labels h USING (example_id)
LEFT JOIN example_inputs x ON x.example_id = e.example_id AND x.revision = e.revision
LEFT JOIN embeddings m USING (input_hash)
LEFT JOIN suspects s USING (example_id)
CROSS JOIN (SELECT max((value->'$.labels')::VARCHAR[]) AS known_labels FROM settings WHERE name = 'project') k
