-- What annotators were or will be asked about the example, alone or beside another one; one row per task.
SELECT t.task_key, t.kind, t.round, t.state, t.server, t.project_id, t.task_id,
       CASE WHEN t.example_id = $id THEN t.other_id ELSE t.example_id END AS other_id,
       t.label_seen, t.suggested, t.prefill, t.blind, t.audit, t.detectors, t.why,
       t.content_hash IS DISTINCT FROM i.content_hash AND t.kind <> 'compare' AS stale,
       count(a.annotation_id) FILTER (NOT a.withdrawn) AS answers
FROM tasks t
LEFT JOIN (SELECT interaction_id, content_hash FROM interactions) i ON i.interaction_id = t.example_id
LEFT JOIN annotations a USING (task_key)
WHERE $id IN (t.example_id, t.other_id)
GROUP BY ALL
ORDER BY t.kind, t.round, t.task_key
