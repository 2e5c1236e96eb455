-- Drops answers that repeat themselves: too small a share of their word 3-grams is distinct.
-- judges: answer
-- $max_repetition number = 0.5: largest share of repeated word 3-grams in an answer of 12 words or more
SELECT example_id, 'repeated' AS reason, 1 - len(list_distinct(grams)) / len(grams) AS score
FROM (
    SELECT example_id,
           list_transform(range(1, len(words) - 1),
                          lambda i: words[i] || ' ' || words[i + 1] || ' ' || words[i + 2]) AS grams
    FROM (
        SELECT example_id, regexp_extract_all(lower(response), '[\p{L}\p{M}\p{N}_]+') AS words
        FROM candidates
        WHERE task <> 'classification' AND NOT corrected
    )
    WHERE len(words) >= 12
)
WHERE 1 - len(list_distinct(grams)) / len(grams) > $max_repetition
