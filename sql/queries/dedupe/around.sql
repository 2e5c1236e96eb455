-- Real pairs around a threshold: the two nearest on either side that nothing keeps apart, and the nearest
-- above it that something does; one row per pair, the most alike first. Pairs below it are an Arrow table
-- registered as lower. Of each side the nearest are looked at.
WITH sides AS (
    SELECT a, b, similarity, difference FROM semantic_pairs WHERE similarity >= $threshold
    UNION ALL
    SELECT one, other, similarity, difference FROM lower
),
nearest AS (
    SELECT *, similarity >= $threshold AS above
    FROM sides
    QUALIFY row_number() OVER (PARTITION BY above, difference IS NULL
                               ORDER BY abs(similarity - $threshold), a, b) <= $most
),
judged AS (
    SELECT n.a, n.b, n.similarity, n.above,
           coalesce(n.difference,
                    CASE WHEN NOT bool_or(l.label IS NOT DISTINCT FROM r.label) THEN 'label'
                         WHEN NOT bool_or(l.label IS NOT DISTINCT FROM r.label
                                          AND l.conversation_id <> r.conversation_id) THEN 'conversation' END) AS apart
    FROM nearest n
    JOIN example_inputs x ON x.input_hash = n.a
    JOIN example_inputs y ON y.input_hash = n.b
    JOIN examples l ON l.example_id = x.example_id
    JOIN examples r ON r.example_id = y.example_id
    GROUP BY n.a, n.b, n.similarity, n.above, n.difference
),
chosen AS (
    SELECT *, row_number() OVER (PARTITION BY above, apart IS NULL
                                 ORDER BY abs(similarity - $threshold), a, b) AS place
    FROM judged
)
SELECT c.similarity, l.text, r.text, c.apart
FROM chosen c
JOIN inputs l ON l.input_hash = c.a
JOIN inputs r ON r.input_hash = c.b
WHERE c.apart IS NULL AND c.place <= 2 OR c.apart IS NOT NULL AND c.above AND c.place = 1
ORDER BY c.similarity DESC, c.a, c.b
