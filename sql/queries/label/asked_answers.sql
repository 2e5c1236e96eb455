-- What annotators answered last about some contents, of tasks of a kind; one row per content and annotator.
SELECT DISTINCT ON (t.content_hash, a.annotator) t.content_hash, t.swapped, a.result
FROM annotations a
JOIN tasks t USING (task_key)
WHERE t.kind = $kind AND t.content_hash IN (SELECT unnest($contents::VARCHAR[]))
  AND NOT a.withdrawn AND NOT a.skipped AND a.problem IS NULL
ORDER BY t.content_hash, a.annotator, a.updated_at DESC NULLS LAST, a.annotation_id DESC
