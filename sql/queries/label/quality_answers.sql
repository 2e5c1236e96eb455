-- Questions whose answer is settled and about today's content, with what stood there and what stands there
-- now; one row per kind and example, the first task that asked.
SELECT t.kind, t.example_id, t.run_id, t.detectors, t.audit, t.kept, t.side, t.label_seen, i.response,
       s.verdict, s.label, s.correction, s.rating
FROM tasks t
JOIN interactions i ON i.interaction_id = t.example_id AND i.content_hash = t.content_hash
JOIN settled s ON s.example_id = t.example_id
WHERE t.kind <> 'preference'
  AND t.task_key IN (SELECT task_key FROM decisions WHERE NOT withdrawn)
  AND CASE t.kind WHEN 'relabel' THEN coalesce(s.verdict, s.label)
                  WHEN 'review' THEN coalesce(s.verdict, s.correction, s.rating::VARCHAR)
                  ELSE coalesce(s.verdict, s.spans) END IS NOT NULL
QUALIFY row_number() OVER (PARTITION BY t.kind, t.example_id ORDER BY t.round, t.run_id) = 1
ORDER BY t.kind, t.example_id
