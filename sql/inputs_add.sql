-- Stores input texts that are new (an Arrow table registered as fresh); one row per text.
INSERT INTO inputs
SELECT DISTINCT ON (input_hash) input_hash, text, words, false
FROM fresh
WHERE input_hash NOT IN (SELECT input_hash FROM inputs)
