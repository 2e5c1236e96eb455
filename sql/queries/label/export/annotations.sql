-- Annotations with their task, what is settled today, and the texts of the logs; one row per annotation. Settled are an
-- example's own answers and those of its copies.
SELECT t.example_id, t.other_id, i.source_id, t.kind, a.task_key, t.round, a.server, a.annotation_id, a.annotator,
       a.skipped, a.seconds, a.made_at, a.updated_at, a.withdrawn, a.problem, a.answer::VARCHAR AS answer,
       a.result::VARCHAR AS result, t.expected::VARCHAR AS expected, t.adjudicates, t.swapped,
       s.verdict, s.label, s.correction, s.rating, s.spans, p.preferred,
       t.content_hash = i.content_hash AS is_current,
       coalesce(c.query, i.query) AS text, coalesce(c.answer, i.response) AS response,
       coalesce(c.other_answer, o.response) AS other_response
FROM annotations a
JOIN tasks t USING (task_key)
LEFT JOIN interactions i ON i.interaction_id = t.example_id
LEFT JOIN interactions o ON o.interaction_id = t.other_id
LEFT JOIN answer_pairs c ON c.content_hash = t.content_hash
LEFT JOIN settled s ON s.example_id = t.example_id
LEFT JOIN settled_pairs p ON p.example_id = least(t.example_id, t.other_id)
                         AND p.other_id = greatest(t.example_id, t.other_id)
WHERE $kind IS NULL OR t.kind = $kind
ORDER BY t.kind, i.source_id, t.example_id, t.round, a.task_key, a.annotator, a.made_at NULLS FIRST, a.server,
         a.annotation_id
