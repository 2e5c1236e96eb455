-- Drops answers of fewer words than wanted.
-- judges: answer
-- $min_words integer = none: fewest words of an answer that is kept
SELECT example_id, 'too_short' AS reason, len(regexp_extract_all(response, '\w+')) AS score
FROM candidates
WHERE task <> 'classification' AND len(regexp_extract_all(response, '\w+')) < $min_words
