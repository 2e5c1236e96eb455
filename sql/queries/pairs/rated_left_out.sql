-- Examples that nothing else keeps out and that get no thumb; one row per example, with the reason.
SELECT r.example_id, r.reason
FROM rated_verdicts r
JOIN verdicts v USING (example_id)
WHERE r.reason IS NOT NULL AND v.reason IS NULL
ORDER BY r.example_id
