-- Embedded inputs in the order of hashes, up to a number; one row per input.
SELECT e.input_hash, e.windowed, i.text, i.words
FROM embeddings e
JOIN inputs i USING (input_hash)
ORDER BY e.input_hash
LIMIT $most
