-- The clusters under today's verdicts; one row per cluster, the largest in production first.
SELECT c.cluster_id, c.name, t.text AS typical, count(DISTINCT m.input_hash) AS inputs,
       count(x.example_id) AS examples, round(avg(r.human_rating), 2) AS mean_rating,
       round(count(x.example_id) FILTER (r.human_rating IS NULL) / greatest(count(x.example_id), 1), 4) AS unrated,
       count(*) FILTER (v.reason IS NULL AND v.side = 'train') AS train,
       count(*) FILTER (v.reason IS NULL AND v.side = 'test') AS test
FROM clusters c
LEFT JOIN inputs t ON t.input_hash = c.typical
LEFT JOIN cluster_members m USING (cluster_id)
LEFT JOIN example_inputs x ON x.input_hash = m.input_hash
LEFT JOIN ratings r ON r.interaction_id = x.example_id
LEFT JOIN verdicts v ON v.example_id = x.example_id
GROUP BY ALL
ORDER BY examples DESC, c.cluster_id
