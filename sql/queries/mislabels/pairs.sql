-- Pairs of inputs that count as copies of one another: near-duplicates, and the same in meaning.
SELECT a, b, similarity FROM input_pairs WHERE similarity >= $near
UNION ALL
SELECT a, b, similarity FROM semantic_pairs
WHERE similarity >= $semantic AND difference IS DISTINCT FROM 'script'
ORDER BY ALL
