-- Drops answers that repeat themselves: too small a share of their word 3-grams is distinct.
-- judges: answer
-- $max_repetition number = 0.5: largest share of repeated word 3-grams in an answer of 12 words or more
SELECT example_id, 'repeated' AS reason, 1 - len(list_distinct(grams)) / len(grams) AS score
FROM (
    SELECT example_id,
           /* There are no more distinct words than distinct 3-grams and two. Most texts have far more, so that
              their 3-grams need not be made; words that share a hash only let more through. */
           CASE WHEN len(words) >= 12
                     AND list_unique(list_transform(words, lambda w: hash(w)))
                         <= (1 - $max_repetition) * (len(words) - 2) + 3
                THEN list_transform(range(1, len(words) - 1),
                                    lambda i: words[i] || ' ' || words[i + 1] || ' ' || words[i + 2]) END AS grams
    FROM (
        SELECT example_id, regexp_extract_all(lower(response), '[\p{L}\p{M}\p{N}_]+') AS words
        FROM candidates
        WHERE task <> 'classification' AND NOT corrected
    )
)
WHERE 1 - len(list_distinct(grams)) / len(grams) > $max_repetition
