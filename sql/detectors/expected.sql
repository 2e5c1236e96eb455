-- Answers that nobody rated, where like answers were rated badly. The last `curate signals` found them.
-- serves: answers
-- place: 7
-- order: 71
-- why: {why}
SELECT s.example_id, s.score, s.why
FROM signals s
JOIN examples e USING (example_id, revision)
JOIN verdicts v USING (example_id)
WHERE s.signal = 'expected' AND (v.reason IS NULL OR v.reason IN ('unrated', 'low_rating'))
