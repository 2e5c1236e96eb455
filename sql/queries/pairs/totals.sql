-- How many examples have a judged answer, and how many calls have several outputs of which nobody
-- says which is better; one row.
SELECT (SELECT count(*) FROM pair_answers),
       (SELECT count(*)
        FROM (
            SELECT source, document FROM pair_answers
            WHERE document IS NOT NULL AND preference IS NULL
            GROUP BY source, document
            HAVING count(DISTINCT logged_hash) > 1 AND bool_and(example_id NOT IN (
                SELECT unnest([chosen_id, rejected_id]) FROM pairs WHERE chosen_id <> rejected_id))
        ))
