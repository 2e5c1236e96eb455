-- How production, train and test are spread over the labels; one row per label, the most frequent
-- first.
SELECT label, count(*) AS production,
       count(*) FILTER (v.reason IS NULL AND v.side = 'train') AS train,
       count(*) FILTER (v.reason IS NULL AND v.side = 'test') AS test
FROM (SELECT example_id, unnest(label_names) AS label FROM examples) e
JOIN verdicts v USING (example_id)
WHERE label <> ''
GROUP BY label
ORDER BY production DESC, label
