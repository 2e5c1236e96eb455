-- Examples that these detectors have not looked through as they are now, by id.
SELECT e.example_id, e.revision, e.source, e.messages::VARCHAR AS messages, e.output::VARCHAR AS output,
       e.tools::VARCHAR AS tools, e.query, e.response, e.label, e.conversation_id
FROM examples e
LEFT JOIN privacy_checked c ON c.example_id = e.example_id AND c.revision = e.revision AND c.detectors = $detectors
WHERE c.example_id IS NULL
ORDER BY e.example_id
LIMIT $limit
