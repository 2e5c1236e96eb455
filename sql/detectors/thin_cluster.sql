-- Examples of clusters that production asks for and train has few of.
-- serves: labels, answers
-- place: 9
-- audited: no
-- edge case: thin_cluster
-- why: train has {train} of {production} examples about "{name}"
WITH thin AS (
    SELECT m.cluster_id, any_value(c.name) AS name, count(*) AS production,
           count(*) FILTER (v.reason IS NULL AND v.side = 'train') AS train
    FROM cluster_members m
    JOIN clusters c USING (cluster_id)
    JOIN example_inputs x USING (input_hash)
    JOIN verdicts v USING (example_id)
    GROUP BY m.cluster_id
    HAVING train < $thin_train AND production >= $thin_share * (SELECT count(*) FROM verdicts)
)
SELECT v.example_id, t.train / t.production AS score, t.train, t.production, t.name
FROM thin t
JOIN cluster_members m USING (cluster_id)
JOIN example_inputs x USING (input_hash)
JOIN verdicts v USING (example_id)
WHERE v.side = 'train' AND v.reason IN ('unrated', 'low_rating', 'no_label', 'unknown_label')
