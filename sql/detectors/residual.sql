-- Answers that were rated far apart from what like answers got. The last `curate signals` found them.
-- serves: answers
-- place: 7
-- order: 72
-- why: {why}
SELECT s.example_id, s.score, s.why,
       -- A wrong rating misleads comparisons where it is held out, as a wrong label does.
       CASE v.side WHEN 'test' THEN 1 ELSE 7 END AS place
FROM signals s
JOIN examples e USING (example_id, revision)
JOIN verdicts v USING (example_id)
WHERE s.signal = 'residual' AND (v.reason IS NULL OR v.reason IN ('unrated', 'low_rating'))
