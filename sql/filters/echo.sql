-- Drops answers that only repeat the question.
-- judges: answer
SELECT example_id, 'echo' AS reason, NULL AS score
FROM candidates
WHERE task <> 'classification'
  AND trim(regexp_replace(lower(response), '\s+', ' ', 'g')) = trim(regexp_replace(lower(query), '\s+', ' ', 'g'))
  AND trim(response) <> ''
