-- All examples with the human rating that counts; one row per example.
CREATE OR REPLACE TEMP VIEW candidates AS
SELECT e.*, i.text AS input, i.words AS input_words, k.known_labels, r.human_rating
FROM examples e
LEFT JOIN example_inputs x USING (example_id)
LEFT JOIN inputs i USING (input_hash)
LEFT JOIN rated r ON r.interaction_id = e.example_id
CROSS JOIN (SELECT max((value->'$.labels')::VARCHAR[]) AS known_labels FROM settings WHERE name = 'project') k
