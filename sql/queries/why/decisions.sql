-- What annotators decided about an example, and what followed from its copies; one row per decision.
SELECT d.kind, d.value, d.annotator, d.made_at, d.task_key,
       CASE WHEN NOT d.withdrawn THEN a.seconds END AS seconds, CASE WHEN NOT d.withdrawn THEN a.origin END AS origin,
       t.blind, t.label_seen,
       t.prefill, t.why, t.suggested, d.withdrawn, d.withdrawn AND NOT a.withdrawn AS edited,
       NOT d.withdrawn AND d.annotator IN (SELECT annotator FROM current_decisions WHERE example_id = $id)
           AND (d.server, d.annotation_id, d.kind) NOT IN (
               SELECT (server, annotation_id, kind) FROM current_decisions WHERE example_id = $id) AS replaced,
       NOT d.withdrawn AND d.annotator NOT IN (
           SELECT annotator FROM current_decisions WHERE example_id = $id) AS outranked,
       d.content_hash <> i.content_hash AS stale, NULL AS from_id
FROM decisions d
JOIN interactions i ON i.interaction_id = d.example_id
LEFT JOIN tasks t USING (task_key)
LEFT JOIN annotations a ON a.server = d.server AND a.annotation_id = d.annotation_id AND a.task_key = d.task_key
WHERE d.example_id = $id
UNION ALL
SELECT CASE WHEN s.verdict IS NOT NULL THEN s.verdict ELSE 'relabel' END, CASE WHEN s.verdict IS NULL THEN s.label END,
       s.annotator, s.made_at, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, false, false, false, false, false,
       s.from_id
FROM settled s WHERE s.example_id = $id AND s.from_id IS NOT NULL
ORDER BY made_at NULLS FIRST, kind, annotator
