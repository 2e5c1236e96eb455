-- Drops examples whose answer (for classification: label) is empty or only white space.
-- judges: answer
SELECT example_id, CASE WHEN task = 'classification' THEN 'no_label' ELSE 'empty_answer' END AS reason,
       NULL AS score
FROM candidates
WHERE regexp_full_match(coalesce(answer, ''), '\s*')
