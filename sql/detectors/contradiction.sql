-- Examples of which a copy, or one that is alike, has another label or a rating far apart.
-- serves: labels, answers
-- place: 6
-- prior: 5 of 10
-- edge case: disagreement
-- why label: a copy of it, or one that is alike, has another label
-- why answer: another copy of it was rated two or more apart
SELECT i.example_id, min(i.score) AS score, $about AS because, max(i.suggested) AS suggested,
       CASE v.side WHEN 'test' THEN 1 ELSE 6 END AS place
FROM issues i
JOIN verdicts v USING (example_id)
WHERE i.kind = CASE WHEN $about = 'label' THEN 'contradictory_label' ELSE 'contradictory_rating' END
GROUP BY i.example_id, v.side
