-- Distinct normalised inputs, for telling their languages; one row per input.
SELECT input_hash, text FROM inputs ORDER BY input_hash
