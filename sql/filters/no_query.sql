-- Drops examples without a user turn that has text: there is nothing to answer.
-- judges: input
SELECT example_id, 'no_query' AS reason, NULL AS score
FROM candidates
WHERE regexp_full_match(coalesce(query, ''), '[\s\p{Z}\p{Cc}\p{Cf}]*')
