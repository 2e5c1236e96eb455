-- Questions whose answer is settled and about today's content, with what stood there and what stands there
-- now; one row per kind and example, the first task that asked.
SELECT t.kind, t.example_id, t.run_id, t.detectors, t.audit, t.kept, t.side, t.label_seen, i.response,
       s.verdict, s.label, s.correction, s.rating
FROM tasks t
JOIN interactions i ON i.interaction_id = t.example_id AND i.content_hash = t.content_hash
JOIN settled s ON s.example_id = t.example_id
JOIN (
    SELECT k.* FROM (
        SELECT unnest($kinds::STRUCT(kind VARCHAR, about VARCHAR, votes VARCHAR, settled_by VARCHAR[])[]) AS k)
) k ON k.kind = t.kind
WHERE t.task_key IN (SELECT task_key FROM decisions WHERE NOT withdrawn)
  AND (s.verdict IS NOT NULL AND list_contains(k.settled_by, 'verdict')
       OR s.label IS NOT NULL AND list_contains(k.settled_by, 'label')
       OR s.correction IS NOT NULL AND list_contains(k.settled_by, 'correction')
       OR s.rating IS NOT NULL AND list_contains(k.settled_by, 'rating')
       OR s.spans IS NOT NULL AND list_contains(k.settled_by, 'spans'))
QUALIFY row_number() OVER (PARTITION BY t.kind, t.example_id ORDER BY t.round, t.run_id) = 1
ORDER BY t.kind, t.example_id
