-- What keeps pairs apart from a threshold on, and the pair that is most alike; one row per kind, the most
-- frequent first.
SELECT p.difference, count(*) OVER (PARTITION BY p.difference) AS pairs, p.similarity, l.text, r.text
FROM alike_inputs p
JOIN inputs l ON l.input_hash = p.a
JOIN inputs r ON r.input_hash = p.b
WHERE p.similarity >= $threshold AND p.difference IS NOT NULL
QUALIFY row_number() OVER (PARTITION BY p.difference ORDER BY p.similarity DESC, p.a, p.b) = 1
ORDER BY pairs DESC, p.difference
