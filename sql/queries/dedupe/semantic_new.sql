-- Embedded inputs that the semantic pairs do not cover, up to a number, in the order of hashes; one row per
-- input.
SELECT e.input_hash, e.windowed, i.text, i.words
FROM embeddings e
JOIN inputs i USING (input_hash)
WHERE NOT e.paired
ORDER BY e.input_hash
LIMIT $most
