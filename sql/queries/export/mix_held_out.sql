-- What general data must not leak: every example that is not on the train side (table plan), kept or
-- not, with its normalised input and the call as it was logged, and the inputs that exported test files
-- show; one row per example or shown input.
SELECT t.text, i.messages::VARCHAR AS messages, i.output::VARCHAR AS output
FROM plan p
JOIN interactions i ON i.interaction_id = p.example_id
JOIN example_inputs x USING (example_id)
JOIN inputs t USING (input_hash)
WHERE p.side <> 'train'
UNION
SELECT t.text, '[]', NULL
FROM version_examples v
JOIN inputs t USING (input_hash)
WHERE v.side = 'test' AND v.line IS NOT NULL AND NOT EXISTS (
    FROM example_inputs x WHERE x.example_id = v.example_id AND x.input_hash = v.input_hash
)
ORDER BY ALL
