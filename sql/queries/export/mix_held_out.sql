-- What general data must not leak: every example that is not on the train side (table plan), kept or
-- not, with its normalised input and the call as it was logged; one row per example.
SELECT t.text, i.messages::VARCHAR AS messages, i.output::VARCHAR AS output
FROM plan p
JOIN interactions i ON i.interaction_id = p.example_id
JOIN example_inputs x USING (example_id)
JOIN inputs t USING (input_hash)
WHERE p.side <> 'train'
ORDER BY p.example_id
