-- Examples that pass everything but deduplication, with their rank as survivors: the best rated,
-- then the newest, then by id; what a human keeps before all of them; one row per example. Label
-- is what duplicates have in common besides their text: the label and the template.
CREATE OR REPLACE TEMP TABLE passing AS
SELECT e.example_id, p.side, x.example_hash, x.input_hash, i.text = '' AS empty_input,
       concat_ws(chr(31), e.label, x.template) AS label, e.conversation_id,
       row_number() OVER (
           ORDER BY e.example_id IN (SELECT example_id FROM settled WHERE verdict = 'keep') DESC,
                    r.human_rating DESC NULLS LAST, e.created_at DESC NULLS LAST, e.example_id) AS rank
FROM examples e
JOIN example_inputs x USING (example_id)
JOIN inputs i USING (input_hash)
JOIN plan p USING (example_id)
LEFT JOIN ratings r ON r.interaction_id = e.example_id
WHERE e.example_id NOT IN (SELECT example_id FROM excluded)
