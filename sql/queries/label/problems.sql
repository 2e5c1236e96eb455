-- Annotations from which nothing follows; one row per annotation, the newest first. One that the same annotator
-- has replaced with an answer that is understood is none of them, nor one that was to end a dispute which has ended.
SELECT t.kind, a.task_key, t.example_id, i.source_id, a.server, a.annotation_id, a.annotator,
       coalesce(a.updated_at, a.made_at) AS updated_at, a.problem AS why
FROM annotations a
JOIN tasks t USING (task_key)
LEFT JOIN interactions i ON i.interaction_id = t.example_id
WHERE a.problem IS NOT NULL AND NOT a.withdrawn
  AND (a.answer IS NULL OR (t.kind, least(t.example_id, t.other_id), greatest(t.example_id, t.other_id)) IN (
      SELECT (kind, example_id, coalesce(other_id, example_id)) FROM disputes))
  AND NOT EXISTS (
    FROM annotations b
    WHERE b.task_key = a.task_key AND b.annotator = a.annotator AND b.problem IS NULL AND NOT b.withdrawn
      AND coalesce(b.updated_at, b.made_at) >= coalesce(a.updated_at, a.made_at))
ORDER BY updated_at DESC NULLS LAST, a.server, a.annotation_id, a.task_key
