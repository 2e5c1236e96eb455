-- Heads with one label, from different conversations, whose inputs are alike enough to
-- be duplicates; one row per pair and method, the better head first.
SELECT least(l.rank, r.rank) AS better, greatest(l.rank, r.rank) AS worse, s.method, s.similarity
FROM alike_inputs s
JOIN heads l ON l.input_hash = s.a
JOIN heads r ON r.input_hash = s.b AND r.label = l.label
WHERE s.difference IS NULL AND l.conversation_id <> r.conversation_id
  AND s.similarity >= CASE s.method WHEN 'near' THEN $near ELSE $semantic END
ORDER BY better, method, s.similarity DESC, worse
