-- The answers of some examples (an Arrow table registered as wanted) and the tools that were offered; one row per
-- example.
SELECT e.example_id, e.revision, e.output::VARCHAR AS output, e.tools::VARCHAR AS tools
FROM examples e
JOIN wanted USING (example_id)
ORDER BY e.example_id
