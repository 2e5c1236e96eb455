-- Inputs that are alike enough to be duplicates of the example's, and what keeps them apart; one row per input
-- and method, the most alike first.
SELECT s.method, s.similarity, s.difference, min(x.example_id) AS other, count(*) AS examples,
       any_value(mine.text) AS input, any_value(o.text) AS other_input
FROM example_inputs e
JOIN inputs mine ON mine.input_hash = e.input_hash
JOIN alike_inputs s ON e.input_hash IN (s.a, s.b)
JOIN inputs o ON o.input_hash = CASE WHEN s.a = e.input_hash THEN s.b ELSE s.a END
JOIN example_inputs x ON x.input_hash = o.input_hash
WHERE e.example_id = $id AND s.difference IS NOT NULL
  AND s.similarity >= CASE s.method WHEN 'near' THEN $near ELSE $semantic END
GROUP BY s.method, s.similarity, s.difference, o.input_hash
ORDER BY s.similarity DESC, other, s.method
