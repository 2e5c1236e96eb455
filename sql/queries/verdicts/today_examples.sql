-- What verdicts read of an example besides its texts, its rating, and whether a human keeps it; one row
-- per example. The base label is the one before annotators.
CREATE OR REPLACE TEMP TABLE today_examples AS
SELECT e.example_id, e.label, e.conversation_id, e.created_at, e.group_key, e.user_key, e.given_split,
       CASE WHEN s.label IS NULL THEN e.label ELSE b.label END AS base_label,
       x.input_hash, x.example_hash, x.template,
       x.input_hash IN (SELECT input_hash FROM inputs WHERE text = '') AS empty_input,
       r.human_rating, s.verdict IS NOT DISTINCT FROM 'keep' AS kept
FROM examples e
JOIN example_inputs x USING (example_id)
LEFT JOIN ratings r ON r.interaction_id = e.example_id
LEFT JOIN settled s USING (example_id)
LEFT JOIN (
    SELECT interaction_id AS example_id, label FROM base_labels
    WHERE interaction_id IN (SELECT example_id FROM settled WHERE label IS NOT NULL)
) b USING (example_id)
