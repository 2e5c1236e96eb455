-- All input texts, in the order of their hashes; one row per text.
SELECT input_hash, text FROM inputs ORDER BY input_hash
