-- What was found under today's verdicts; one row per kind, the most frequent first.
SELECT f.kind, count(*) AS places, count(DISTINCT f.example_id) AS examples,
       count(DISTINCT f.example_id) FILTER (v.reason IS NULL AND v.side IN ('train', 'test')) AS kept
FROM privacy_open f
LEFT JOIN verdicts v USING (example_id)
GROUP BY f.kind
ORDER BY f.kind = 'SECRET' DESC, places DESC, f.kind
