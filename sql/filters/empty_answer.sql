-- Drops examples whose answer (for classification: label) is empty or only white space. An answer
-- that calls a tool is not empty.
-- judges: answer
SELECT example_id, CASE WHEN task = 'classification' THEN 'no_label' ELSE 'empty_answer' END AS reason,
       NULL AS score
FROM candidates
WHERE regexp_full_match(coalesce(answer, ''), '[\s\p{Z}\p{Cc}\p{Cf}]*')
  AND (task = 'classification' OR coalesce(json_array_length(output, '$[0].tool_calls'), 0) = 0)
