-- Kept examples of one side in the order of the file, which depends on seed and ids alone. A rating of
-- the answer that was logged is none of the corrected one; an annotator may have rated a correction
-- that the log brought.
SELECT e.example_id, e.source, e.messages::VARCHAR AS messages, e.output::VARCHAR AS output, e.query,
       e.response, e.label,
       CASE WHEN NOT e.corrected OR r.origin = 'annotation' AND a.correction IS NULL THEN r.human_rating
       END AS human_rating, e.tools::VARCHAR AS tools, a.spans, e.conversation_id,
       e.created_at, e.task, true AS good, c.reason AS edge_case
FROM verdicts v
JOIN examples e USING (example_id)
LEFT JOIN ratings r ON r.interaction_id = v.example_id
LEFT JOIN edge_cases c ON c.example_id = v.example_id
LEFT JOIN settled a ON a.example_id = v.example_id
WHERE v.side = $side AND v.reason IS NULL
ORDER BY sha256($seed || '|' || e.example_id), e.example_id
