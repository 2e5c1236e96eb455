-- Makes the temporary view of kept examples with a side; one row each. A rating of the answer that was
-- logged is none of the corrected one; an annotator may have rated a correction that the log brought. The key
-- changes with anything that a line may hold.
CREATE OR REPLACE TEMPORARY VIEW kept_items AS
SELECT v.side, e.example_id AS item_id, [e.example_id] AS example_ids, [e.conversation_id] AS conversations,
       e.example_id, e.source, e.messages::VARCHAR AS messages, e.output::VARCHAR AS output, e.query,
       e.response, e.label,
       CASE WHEN NOT e.corrected OR r.origin = 'annotation' AND a.correction IS NULL THEN r.human_rating
       END AS human_rating, e.tools::VARCHAR AS tools, a.spans, e.conversation_id,
       e.created_at, e.task, true AS good, c.reason AS edge_case,
       md5(concat_ws(chr(31), e.revision, e.corrected, e.label IS NULL, coalesce(r.human_rating, 0),
                     coalesce(r.origin, ''), a.correction IS NULL, coalesce(a.spans, ''),
                     coalesce(c.reason, ''), e.source, e.conversation_id)) AS key
FROM verdicts v
JOIN examples e USING (example_id)
LEFT JOIN ratings r ON r.interaction_id = v.example_id
LEFT JOIN edge_cases c ON c.example_id = v.example_id
LEFT JOIN settled a ON a.example_id = v.example_id
WHERE v.reason IS NULL
