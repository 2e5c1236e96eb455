-- Pairs among some inputs that count as copies of one another: near-duplicates, and the same in meaning.
WITH chosen AS (SELECT unnest($inputs::VARCHAR[]) AS input_hash)
SELECT a, b, similarity FROM input_pairs
WHERE similarity >= $near AND a IN (FROM chosen) AND b IN (FROM chosen)
UNION ALL
SELECT a, b, similarity FROM semantic_pairs
WHERE similarity >= $semantic AND difference IS DISTINCT FROM 'script' AND a IN (FROM chosen) AND b IN (FROM chosen)
ORDER BY ALL
