-- Answers that may be JSON objects or lists, also in code fences; one row per answer.
SELECT DISTINCT response FROM interactions WHERE regexp_matches(response, '^\s*(\{|\[|```)')
