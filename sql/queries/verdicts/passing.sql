-- Examples that pass everything but deduplication, with their rank as survivors: the best rated,
-- then the newest, then by id; what a human keeps before all of them; one row per example. Label
-- is what duplicates have in common besides their text: the label and the template.
CREATE OR REPLACE TEMP TABLE passing AS
SELECT e.example_id, p.side, e.example_hash, e.input_hash, e.empty_input, e.kept,
       concat_ws(chr(31), e.label, e.template) AS label, e.conversation_id,
       row_number() OVER (
           ORDER BY e.kept DESC, e.human_rating DESC NULLS LAST, e.created_at DESC NULLS LAST, e.example_id) AS rank
FROM today_examples e
JOIN plan p USING (example_id)
WHERE e.example_id NOT IN (SELECT example_id FROM excluded)
