-- What a key may mean: the id of a source, the beginning of an example id or of a task key, the number of an
-- annotation or of a task on a server. One row per meaning, the plainest first; here is whether there still is
-- such an example.
WITH meanings AS (
    SELECT 1 AS place, 'source id' AS meaning, interaction_id AS example_id, source AS detail
    FROM interactions WHERE source_id = $text
    UNION ALL
    SELECT 2, 'example id', interaction_id, source
    FROM interactions WHERE starts_with(interaction_id, lower($text)) AND $text <> ''
    UNION ALL
    SELECT 3, 'task key', example_id, task_key FROM tasks WHERE starts_with(task_key, lower($text)) AND length($text) >= 8
    UNION ALL
    SELECT DISTINCT 4, 'annotation', t.example_id, a.server
    FROM annotations a JOIN tasks t USING (task_key) WHERE a.annotation_id = $annotation
    UNION ALL
    -- Answers know their task on the server, also where it is gone from there.
    SELECT 4, 'task', example_id, server FROM tasks WHERE task_id = $task
    UNION
    SELECT 4, 'task', t.example_id, a.server FROM annotations a JOIN tasks t USING (task_key) WHERE a.task_id = $task
)
SELECT m.*, i.interaction_id IS NOT NULL AS here
FROM meanings m
LEFT JOIN (SELECT interaction_id FROM interactions) i ON i.interaction_id = m.example_id
ORDER BY place, example_id, detail
