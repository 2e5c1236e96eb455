-- Examples with another label than people gave to a copy, or to one that is alike.
-- serves: labels
-- place: 3
-- why copy: people gave a copy of it the label "{suggested}"
-- why alike: people gave one that is alike the label "{suggested}"
WITH copies AS (
    -- Whom an answer about an example may tell something: the same input first, then what is alike.
    SELECT i.example_id AS decided, x.example_id, 1 AS similarity
    FROM hand_labels h
    JOIN example_inputs i USING (example_id)
    JOIN example_inputs x USING (input_hash)
    UNION ALL
    SELECT d.example_id, x.example_id, p.similarity
    FROM settled d
    JOIN base_labels b ON b.interaction_id = d.example_id AND b.label <> d.label
    JOIN example_inputs i ON i.example_id = d.example_id
    JOIN (SELECT a, b, similarity, difference, method FROM alike_inputs
          UNION ALL SELECT b, a, similarity, difference, method FROM alike_inputs) p ON p.a = i.input_hash
    JOIN example_inputs x ON x.input_hash = p.b
    JOIN examples e ON e.example_id = x.example_id AND e.label = b.label
    WHERE d.from_id IS NULL AND p.difference IS NULL
      AND p.similarity >= CASE p.method WHEN 'near' THEN $near ELSE $semantic END
)
SELECT c.example_id, 1 - max(c.similarity) AS score,
       CASE max(c.similarity) WHEN 1 THEN 'copy' ELSE 'alike' END AS because,
       arg_max(e.label, (c.similarity, e.label)) AS suggested
FROM copies c
JOIN examples e ON e.example_id = c.decided
JOIN examples mine ON mine.example_id = c.example_id AND mine.label <> e.label
GROUP BY c.example_id
