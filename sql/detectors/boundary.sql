-- Labelled examples that lie between two labels. The last `curate mislabels` found them.
-- serves: labels
-- place: 10
-- prior: 0 of 10
-- edge case: boundary
-- why: {why}
SELECT d.example_id, d.score, d.why
FROM edges d
JOIN verdicts v USING (example_id)
JOIN examples e ON e.example_id = d.example_id AND e.label = d.given
WHERE d.kind = 'boundary' AND v.reason IS NULL
