-- Examples that the rules on content have not judged in their present revision; one row per example.
CREATE OR REPLACE TEMP TABLE candidates AS
SELECT e.*, i.text AS input, i.words AS input_words, k.known_labels
FROM examples e
LEFT JOIN example_inputs x USING (example_id)
LEFT JOIN inputs i USING (input_hash)
LEFT JOIN filter_checked c USING (example_id)
CROSS JOIN (SELECT max((value->'$.labels')::VARCHAR[]) AS known_labels FROM settings WHERE name = 'project') k
WHERE c.revision IS DISTINCT FROM e.revision
