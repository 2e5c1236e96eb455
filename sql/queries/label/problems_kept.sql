-- Annotations that were not understood, as the server had them, to be read once more; one row per annotation.
SELECT server, annotation_id, task_key, task_id, annotator, made_at, updated_at, seconds, result, digest, problem
FROM annotations
WHERE problem IS NOT NULL AND NOT withdrawn AND NOT skipped AND json_array_length(result) > 0
ORDER BY server, annotation_id, task_key
