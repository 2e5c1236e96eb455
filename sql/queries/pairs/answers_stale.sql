-- Judged examples whose answers are not stored; one row per example, some at a time.
SELECT e.example_id, e.messages::VARCHAR AS messages, e.output::VARCHAR AS output,
       i.output::VARCHAR AS logged
FROM judged j
JOIN examples e USING (example_id)
JOIN interactions i ON i.interaction_id = e.example_id
WHERE e.example_id NOT IN (SELECT example_id FROM pair_answers)
LIMIT 20000
