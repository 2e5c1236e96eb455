-- Drops answers in which the model speaks of itself as a language model.
-- judges: answer
SELECT example_id, 'boilerplate' AS reason, NULL AS score
FROM candidates
WHERE task <> 'classification' AND NOT corrected
  AND regexp_matches(
    lower(response),
    '\bas an? (ai|artificial intelligence|large language|language)\b[^.]{0,20}\b(model|assistant|system|,)|\bi(''m| am) (just |only )?an? (ai|language) (language )?model\b|\bmy (knowledge|training) (cutoff|cut-off|data)\b'
  )
