-- Makes the temporary view of examples with a thumb up or down and a side; one row each. The key changes
-- with anything that a line may hold.
CREATE OR REPLACE TEMPORARY VIEW kept_items AS
SELECT v.side, e.example_id AS item_id, [e.example_id] AS example_ids, [e.conversation_id] AS conversations,
       e.example_id, e.source, e.messages::VARCHAR AS messages, e.output::VARCHAR AS output, e.query,
       e.response, e.label, r.human_rating, c.reason AS edge_case, e.tools::VARCHAR AS tools,
       e.conversation_id, v.good, NULL::VARCHAR AS spans, NULL::VARCHAR AS task, e.created_at,
       md5(concat_ws(chr(31), e.revision, e.corrected, e.label IS NULL, coalesce(r.human_rating, 0), v.good,
                     coalesce(c.reason, ''), e.source, e.conversation_id)) AS key
FROM rated_verdicts v
JOIN examples e USING (example_id)
LEFT JOIN edge_cases c ON c.example_id = v.example_id
LEFT JOIN ratings r ON r.interaction_id = v.example_id
WHERE v.reason IS NULL
