-- What was found out for a kind of work; one row per input and detector.
SELECT detector, input_hash, score, why FROM cover WHERE kind = $kind ORDER BY detector, input_hash
