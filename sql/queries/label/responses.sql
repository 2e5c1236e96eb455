-- Answers that are JSON objects; one row per answer.
SELECT DISTINCT response FROM interactions WHERE starts_with(ltrim(response), '{')
