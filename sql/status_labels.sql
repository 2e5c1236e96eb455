-- How production, train and test are spread over the labels; one row per label, the most frequent
-- first.
SELECT e.label, count(*) AS production,
       count(*) FILTER (v.reason IS NULL AND v.side = 'train') AS train,
       count(*) FILTER (v.reason IS NULL AND v.side = 'test') AS test
FROM examples e
JOIN verdicts v USING (example_id)
WHERE e.label IS NOT NULL AND e.label <> ''
GROUP BY e.label
ORDER BY production DESC, e.label
