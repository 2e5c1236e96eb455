-- Examples that mean the same as the example, where such pairs are only reported; one row per example,
-- the most alike first.
SELECT 'means the same as' AS what, o.example_id AS other, 'semantic' AS method, s.similarity
FROM passing e
JOIN (SELECT a, b, similarity, difference FROM semantic_pairs
      UNION ALL SELECT b, a, similarity, difference FROM semantic_pairs) s ON s.a = e.input_hash
JOIN passing o ON o.input_hash = s.b AND o.label = e.label AND o.conversation_id <> e.conversation_id
WHERE e.example_id = $id AND s.similarity >= $semantic AND s.difference IS NULL
  AND e.side = 'train' AND o.side = 'train'
  AND o.example_id NOT IN (SELECT example_id FROM duplicates)
ORDER BY s.similarity DESC, other
LIMIT 5
