-- The newest answer of each annotator to each gold question; one row per task and annotator. A skipped one has none,
-- one that is not understood is none.
SELECT DISTINCT ON (t.task_key, a.annotator) t.kind, a.annotator, t.expected::VARCHAR AS expected,
       CASE WHEN NOT a.skipped THEN a.answer::VARCHAR END AS answer
FROM annotations a
JOIN tasks t USING (task_key)
WHERE t.expected IS NOT NULL AND NOT a.withdrawn AND (a.skipped OR a.answer IS NOT NULL)
ORDER BY t.task_key, a.annotator, a.skipped, coalesce(a.updated_at, a.made_at) DESC NULLS LAST, a.annotation_id DESC
