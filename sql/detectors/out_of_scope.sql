-- Examples that are far from every label, or, where there are no labels, unlike all else that is asked.
-- serves: labels, answers
-- place: 11
-- prior: 0 of 10
-- edge case: out_of_scope
-- why: {why}
SELECT d.example_id, d.score, d.why
FROM edges d
JOIN verdicts v USING (example_id)
JOIN examples e ON e.example_id = d.example_id AND e.label = d.given
WHERE d.kind = 'out_of_scope' AND v.reason IS NULL AND $about = 'label'
UNION ALL
SELECT v.example_id, c.score, c.why
FROM cover c
JOIN example_inputs x USING (input_hash)
JOIN verdicts v USING (example_id)
WHERE c.kind = $kind AND c.detector = 'out_of_scope'
  AND (v.reason IS NULL AND $about = 'answer'
       OR v.side = 'train' AND v.reason IN ('no_label', 'unknown_label', 'unrated'))
