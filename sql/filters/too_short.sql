-- Drops answers of fewer words than wanted.
-- judges: answer
-- $min_words integer = none: fewest words of an answer that is kept
SELECT example_id, 'too_short' AS reason, words AS score
FROM (
    SELECT example_id, len(regexp_extract_all(coalesce(response, ''), '[\p{L}\p{M}\p{N}_]+')) AS words
    FROM candidates
    WHERE task <> 'classification'
)
WHERE words < $min_words
