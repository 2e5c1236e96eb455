-- All examples with the human rating that counts, without their inputs; one row per example.
CREATE OR REPLACE TEMP VIEW candidates AS
SELECT e.*, k.known_labels, r.human_rating
FROM examples e
LEFT JOIN rated r ON r.interaction_id = e.example_id
CROSS JOIN (SELECT max((value->'$.labels')::VARCHAR[]) AS known_labels FROM settings WHERE name = 'project') k
