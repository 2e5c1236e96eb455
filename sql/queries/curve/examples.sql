-- Labelled examples that are ready in train, with what ties them to one another, and whether their label is
-- likely wrong (temporary table suspects); one row per example, by id. An input is null where it is not
-- that of today's content.
SELECT e.example_id, e.label, x.input_hash, e.conversation_id, n.group_key,
       coalesce(s.tier = 'likely', false) AS suspect
FROM examples e
JOIN verdicts v USING (example_id)
JOIN plan n USING (example_id)
LEFT JOIN example_inputs x ON x.example_id = e.example_id AND x.revision = e.revision
LEFT JOIN suspects s USING (example_id)
CROSS JOIN (SELECT max((value->'$.labels')::VARCHAR[]) AS known_labels FROM settings WHERE name = 'project') k
WHERE v.side = 'train' AND v.reason IS NULL AND trim(e.label) <> ''
  AND (known_labels IS NULL OR list_contains(known_labels, e.label))
ORDER BY e.example_id
