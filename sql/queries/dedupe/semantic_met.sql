-- Inputs (an Arrow table registered as found), each once, in the order of hashes.
SELECT i.input_hash, e.windowed, i.text, i.words
FROM (SELECT DISTINCT input_hash FROM found) f
JOIN inputs i USING (input_hash)
JOIN embeddings e USING (input_hash)
ORDER BY i.input_hash
