-- The answers of some examples (an Arrow table registered as wanted) and the tools that were offered; one row per
-- example. Where a label is learned that stands in a column, it is the answer.
SELECT e.example_id, e.revision, e.tools::VARCHAR AS tools,
       CASE WHEN e.task = 'classification' AND p.label_from = 'column'
            THEN json_array(json_object('role', 'assistant', 'content', e.label)) ELSE e.output END::VARCHAR AS output
FROM examples e
JOIN wanted USING (example_id)
CROSS JOIN (SELECT coalesce(max(value->>'$.label_from'), 'column') AS label_from FROM settings WHERE name = 'project') p
ORDER BY e.example_id
