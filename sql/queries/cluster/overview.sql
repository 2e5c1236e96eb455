-- The clusters under today's verdicts; one row per cluster, the largest in production first.
WITH sizes AS (SELECT cluster_id, count(*) AS inputs FROM cluster_members GROUP BY cluster_id),
judged AS (
    SELECT m.cluster_id, count(*) AS examples, round(avg(r.human_rating), 2) AS mean_rating,
           round(count(*) FILTER (r.human_rating IS NULL) / count(*), 4) AS unrated,
           count(*) FILTER (v.reason IS NULL AND v.side = 'train') AS train,
           count(*) FILTER (v.reason IS NULL AND v.side = 'test') AS test
    FROM cluster_members m
    JOIN example_inputs x ON x.input_hash = m.input_hash
    LEFT JOIN ratings r ON r.interaction_id = x.example_id
    LEFT JOIN verdicts v ON v.example_id = x.example_id
    GROUP BY m.cluster_id
)
SELECT c.cluster_id, c.name, t.text AS typical, coalesce(s.inputs, 0) AS inputs,
       coalesce(j.examples, 0) AS examples, j.mean_rating, coalesce(j.unrated, 0) AS unrated,
       coalesce(j.train, 0) AS train, coalesce(j.test, 0) AS test
FROM clusters c
LEFT JOIN inputs t ON t.input_hash = c.typical
LEFT JOIN sizes s USING (cluster_id)
LEFT JOIN judged j USING (cluster_id)
ORDER BY examples DESC, c.cluster_id
