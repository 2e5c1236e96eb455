-- Judged examples whose answers are not stored, or were stored under another state; all judged ones where
-- everything is made anew. One row per example.
SELECT j.example_id
FROM judged j
LEFT JOIN pair_answers a USING (example_id)
WHERE $anew OR a.state IS DISTINCT FROM j.state
ORDER BY j.example_id
