-- Inputs to ask first of those that nobody has labelled or rated: typical ones, or ones between two labels.
-- serves: labels, answers
-- place: 8
-- audited: no
-- edge case: coverage, once answered
-- why: {why}
SELECT v.example_id, c.score, c.why
FROM cover c
JOIN example_inputs x USING (input_hash)
JOIN verdicts v USING (example_id)
WHERE c.kind = $kind AND c.detector = 'coverage' AND v.side = 'train'
  AND v.reason IN ('no_label', 'unknown_label', 'unrated')
