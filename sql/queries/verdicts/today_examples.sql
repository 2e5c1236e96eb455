-- What verdicts read of an example besides its texts, its rating and whether a human keeps it; one row
-- per example.
CREATE OR REPLACE TEMP TABLE today_examples AS
SELECT e.example_id, e.label, e.task, e.label_names, e.conversation_id, e.created_at,
       x.input_hash, x.example_hash, x.template, i.text = '' AS empty_input, r.human_rating,
       s.verdict IS NOT DISTINCT FROM 'keep' AS kept
FROM examples e
JOIN example_inputs x USING (example_id)
JOIN inputs i USING (input_hash)
LEFT JOIN ratings r ON r.interaction_id = e.example_id
LEFT JOIN settled s USING (example_id)
