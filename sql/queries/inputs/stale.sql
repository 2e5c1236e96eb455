-- Examples whose input is not computed, or was computed from other content, up to a number; one row per
-- example.
SELECT e.example_id, e.query, e.context, e.messages::VARCHAR AS messages,
       e.output::VARCHAR AS output, e.answer, e.revision
FROM examples e
LEFT JOIN example_inputs i USING (example_id)
WHERE i.revision IS DISTINCT FROM e.revision
LIMIT $most
