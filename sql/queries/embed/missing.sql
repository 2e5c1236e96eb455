-- Inputs without a vector, the longest first; one row per input. An empty input has no meaning.
SELECT input_hash, text
FROM inputs
WHERE text <> '' AND input_hash NOT IN (SELECT input_hash FROM embeddings)
ORDER BY length(text) DESC, input_hash
