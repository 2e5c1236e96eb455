-- What annotators said of some examples by work of a kind, about today's content; one row per decision. Counts says
-- whether it is one of those that stand against one another now.
SELECT d.example_id, t.other_id, d.annotator, d.kind, d.value, i.query, t.blind, a.server, a.annotation_id, a.task_key,
       a.result::VARCHAR AS result,
       (d.server, d.annotation_id, d.task_key, d.kind) IN (
           SELECT (server, annotation_id, task_key, kind) FROM current_decisions) AS counts
FROM decisions d
JOIN interactions i ON i.interaction_id = d.example_id AND i.content_hash = d.content_hash
JOIN tasks t USING (task_key)
LEFT JOIN annotations a ON a.server = d.server AND a.annotation_id = d.annotation_id AND a.task_key = d.task_key
WHERE NOT d.withdrawn AND t.kind = $kind
  AND (list_contains($ids::VARCHAR[], d.example_id) OR list_contains($ids::VARCHAR[], t.other_id))
ORDER BY d.example_id, d.annotator, d.server, d.annotation_id, d.kind
