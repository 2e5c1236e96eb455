-- Embedded inputs, first those that the semantic pairs cover, each part in the order of hashes; one
-- row per input.
SELECT e.input_hash, e.vector, e.paired, i.text
FROM embeddings e
JOIN inputs i USING (input_hash)
ORDER BY e.paired DESC, e.input_hash
