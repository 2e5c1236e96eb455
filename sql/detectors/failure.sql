-- Train examples nearest to held-out ones that a model failed (curate evaluate): wrong answers among them are what
-- the model may have learned its mistake from.
-- serves: labels, answers
-- place: 7
-- why: like a held-out example that a model got wrong
SELECT example_id, min(1 - similarity) AS score
FROM failure_neighbours
JOIN verdicts USING (example_id)
WHERE side = 'train'
GROUP BY example_id
