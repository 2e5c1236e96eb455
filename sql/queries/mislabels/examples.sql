-- Every example with what its label is judged by, under today's verdicts; one row per example, by id.
-- An input is null where it is not that of today's content; known is whether curate.toml has the label.
SELECT e.example_id, CASE WHEN trim(e.label) <> '' THEN e.label END AS label, x.input_hash, v.side,
       coalesce(v.exposed, false) AS exposed, c.example_id IS NOT NULL AS by_hand,
       v.reason, k.known_labels IS NULL OR coalesce(list_has_all(k.known_labels, e.label_names), false) AS known
FROM examples e
LEFT JOIN example_inputs x ON x.example_id = e.example_id AND x.revision = e.revision
LEFT JOIN verdicts v ON v.example_id = e.example_id
LEFT JOIN hand_labels c ON c.example_id = e.example_id
CROSS JOIN (SELECT max((value->'$.labels')::VARCHAR[]) AS known_labels FROM settings WHERE name = 'project') k
ORDER BY e.example_id
