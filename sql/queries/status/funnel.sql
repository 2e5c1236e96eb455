-- Why examples are out, each under its first reason, by side; one row per reason.
SELECT reason, count(*), count(*) FILTER (side = 'train'), count(*) FILTER (side = 'test')
FROM verdicts
WHERE reason IS NOT NULL
GROUP BY reason
ORDER BY min(place), count(*) DESC, reason
