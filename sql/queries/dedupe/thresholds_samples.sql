-- The pairs just above a threshold; one row per pair, the least alike first.
SELECT p.similarity, l.text, r.text
FROM alike_inputs p
JOIN inputs l ON l.input_hash = p.a
JOIN inputs r ON r.input_hash = p.b
WHERE p.similarity >= $threshold AND p.difference IS NULL
ORDER BY p.similarity, p.a, p.b
LIMIT $samples
