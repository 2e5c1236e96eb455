-- Drops examples without a user turn that has text: there is nothing to answer.
-- judges: input
SELECT example_id, 'no_query' AS reason, NULL AS score
FROM candidates
WHERE trim(coalesce(query, ''), E' \t\r\n') = ''
