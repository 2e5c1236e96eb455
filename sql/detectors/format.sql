-- Answers of another form than those of their cluster have, and broken JSON. The last `curate signals` found them.
-- serves: answers
-- place: 7
-- order: 74
-- why: {why}
SELECT s.example_id, s.score, s.why
FROM signals s
JOIN examples e USING (example_id, revision)
JOIN verdicts v USING (example_id)
WHERE s.signal = 'format' AND (v.reason IS NULL OR v.reason IN ('unrated', 'low_rating'))
