-- How the conversation of a task's example went on, by the longest call that continues it; one row per task, with
-- the number of messages before the answer.
WITH asked AS (
    SELECT t.task_key, i.source, i.session_id, v.conversation_id, json_array_length(i.messages) AS turns,
           rtrim(i.messages::VARCHAR, ']') || ',' AS beginning
    FROM tasks t
    JOIN interactions i ON i.interaction_id = t.example_id
    LEFT JOIN conversations v ON v.example_id = t.example_id
    WHERE t.task_key IN (SELECT unnest($keys::VARCHAR[]))
),
members AS (
    SELECT a.task_key, c.interaction_id
    FROM asked a JOIN calls c ON c.source = a.source AND c.session_id = a.session_id
    UNION ALL
    SELECT a.task_key, w.example_id
    FROM asked a JOIN conversations w USING (conversation_id)
)
SELECT DISTINCT ON (a.task_key) a.task_key, a.turns, j.messages::VARCHAR, j.output::VARCHAR
FROM asked a
JOIN members m USING (task_key)
JOIN interactions j USING (interaction_id)
WHERE starts_with(j.messages::VARCHAR, a.beginning) AND json_array_length(j.messages) > a.turns + 1
ORDER BY a.task_key, json_array_length(j.messages) DESC, j.interaction_id
