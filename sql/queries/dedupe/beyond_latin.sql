-- Inputs with a character that is neither ASCII nor a Latin letter, few of most logs; one row per input, in
-- the order of hashes. All others are in Latin script.
SELECT input_hash, text
FROM inputs
WHERE CASE WHEN strlen(text) > length(text) THEN regexp_matches(text, '[^\x00-\x7F\x{C0}-\x{24F}]') END
ORDER BY input_hash
