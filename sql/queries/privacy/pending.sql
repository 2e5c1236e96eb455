-- Examples that these detectors have not looked through as they are now, by id. Which ones is told without their
-- texts, so that few texts are put together.
WITH chosen AS MATERIALIZED (
    SELECT e.example_id, e.revision
    FROM examples e
    LEFT JOIN privacy_checked c ON c.example_id = e.example_id AND c.revision = e.revision AND c.detectors = $detectors
    WHERE c.example_id IS NULL
    ORDER BY e.example_id
    LIMIT $limit
)
SELECT e.example_id, c.revision, e.source, e.messages::VARCHAR AS messages, e.output::VARCHAR AS output,
       e.tools::VARCHAR AS tools, e.query, e.response, e.label, e.conversation_id
FROM examples e
JOIN chosen c USING (example_id)
ORDER BY e.example_id
