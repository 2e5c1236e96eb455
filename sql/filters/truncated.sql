-- Drops answers that stop because the token limit was reached (finish reason length or max_tokens).
-- judges: answer
SELECT example_id, 'truncated' AS reason, length(response) AS score
FROM candidates
WHERE task <> 'classification' AND NOT corrected
  AND lower(finish_reason) IN ('length', 'max_tokens', 'max_output_tokens', 'truncated')
