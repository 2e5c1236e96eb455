-- Texts that stand on more than one part of a given split; one row per pair of parts.
WITH parts AS (
    SELECT DISTINCT i.input_hash, CASE
        WHEN x.given_split ILIKE '%train%' THEN 'train'
        WHEN x.given_split ILIKE '%val%' OR x.given_split ILIKE 'dev%' THEN 'validation'
        ELSE 'test' END AS part
    FROM interactions x
    JOIN example_inputs i ON i.example_id = x.interaction_id
    WHERE x.source = $source AND x.given_split IS NOT NULL
      AND i.input_hash <> substr(sha256(''), 1, 32)  -- that of no text
)
SELECT a.part, b.part, count(*)
FROM parts a JOIN parts b ON a.input_hash = b.input_hash
WHERE (a.part, b.part) IN (('train', 'validation'), ('train', 'test'), ('validation', 'test'))
GROUP BY a.part, b.part
ORDER BY ALL
