-- The examples to judge, as the rules on content see them; one row per example. None was stored by a run before $since.
CREATE OR REPLACE TEMP TABLE candidates AS
SELECT e.*, i.text AS input, i.words AS input_words, k.known_labels
FROM examples e
LEFT JOIN (
    SELECT x.example_id, i.text, i.words
    FROM example_inputs x
    JOIN inputs i USING (input_hash)
    WHERE x.example_id IN (SELECT example_id FROM unjudged)
) i USING (example_id)
CROSS JOIN (SELECT max((value->'$.labels')::VARCHAR[]) AS known_labels FROM settings WHERE name = 'project') k
WHERE e.example_id IN (SELECT example_id FROM unjudged) AND e.pulled_by >= $since
