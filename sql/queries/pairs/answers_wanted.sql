-- Prompts and answers of some examples (an Arrow table registered as wanted); one row per example.
SELECT e.example_id, e.messages::VARCHAR AS messages, e.output::VARCHAR AS output,
       i.output::VARCHAR AS logged
FROM examples e
JOIN interactions i ON i.interaction_id = e.example_id
WHERE e.example_id IN (SELECT example_id FROM wanted)
