-- What the report counts of each example (languages: an Arrow table of inputs); one row per example. What the
-- lowest rating takes away is `erased`, whatever other reasons there are; where the rule is not in force, what it
-- would take away.
CREATE OR REPLACE TEMP TABLE report_examples AS
SELECT e.example_id, e.created_at, e.conversation_id, e.label, e.label_names, nullif(e.model, '') AS model,
       r.human_rating, v.reason, i.words, x.input_hash, l.language, m.cluster_id, c.name AS cluster_name,
       CASE WHEN $in_force THEN e.example_id IN (SELECT example_id FROM excluded WHERE reason IN ('unrated', 'low_rating'))
            WHEN r.human_rating IS NULL THEN $drops_unrated ELSE r.human_rating < $lowest END AS erased,
       CASE WHEN v.reason IS NULL AND v.side IN ('train', 'test') THEN v.side END AS file
FROM examples e
JOIN verdicts v USING (example_id)
LEFT JOIN example_inputs x USING (example_id)
LEFT JOIN inputs i USING (input_hash)
LEFT JOIN languages l USING (input_hash)
LEFT JOIN ratings r ON r.interaction_id = e.example_id
LEFT JOIN cluster_members m USING (input_hash)
LEFT JOIN clusters c USING (cluster_id)
