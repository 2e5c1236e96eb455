-- The labels that are most frequent in the cluster of each task's input; one row per task, the most frequent first.
WITH asked AS (
    SELECT t.task_key, m.cluster_id
    FROM tasks t
    JOIN example_inputs x ON x.example_id = t.example_id
    JOIN cluster_members m ON m.input_hash = x.input_hash
    WHERE t.task_key IN (SELECT unnest($keys::VARCHAR[]))
),
counted AS (
    SELECT m.cluster_id, e.label, count(*) AS examples
    FROM cluster_members m
    JOIN example_inputs x ON x.input_hash = m.input_hash
    JOIN examples e ON e.example_id = x.example_id
    WHERE m.cluster_id IN (SELECT cluster_id FROM asked) AND e.label IS NOT NULL
    GROUP BY ALL
)
SELECT a.task_key, list(c.label ORDER BY c.examples DESC, c.label) AS labels
FROM asked a
JOIN counted c USING (cluster_id)
GROUP BY a.task_key
