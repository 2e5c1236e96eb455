-- All inputs in the order of their hashes; one row per input.
SELECT input_hash, text, words FROM inputs WHERE text <> '' ORDER BY input_hash
