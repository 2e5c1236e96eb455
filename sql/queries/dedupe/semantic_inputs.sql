-- Embedded inputs, first those that the semantic pairs cover (none, where they are found anew), each part in
-- the order of hashes; one row per input.
SELECT e.input_hash, e.vector, e.paired AND NOT $anew AS paired, e.windowed, i.text, i.words
FROM embeddings e
JOIN inputs i USING (input_hash)
ORDER BY e.paired AND NOT $anew DESC, e.input_hash
