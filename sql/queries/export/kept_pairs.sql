-- Makes the temporary view of kept pairs with a side; one row each. The rejected answer is the logged one:
-- what was judged is not what somebody has made of it since. The key changes with anything that a line may hold.
CREATE OR REPLACE TEMPORARY VIEW kept_items AS
SELECT v.side, v.pair_id AS item_id, [v.chosen_id, v.rejected_id] AS example_ids,
       [c.conversation_id, r.conversation_id] AS conversations,
       v.pair_id, v.method, v.margin, c.created_at,
       md5(concat_ws(chr(31), v.chosen_id, c.revision, c.corrected, c.label IS NULL, coalesce(a.human_rating, 0),
                     v.rejected_id, r.revision, r.corrected, r.label IS NULL, coalesce(b.human_rating, 0),
                     v.method, coalesce(v.margin, -1), c.source, c.conversation_id, r.source,
                     r.conversation_id)) AS key,
       {'example_id': c.example_id, 'source': c.source, 'messages': c.messages::VARCHAR,
        'output': c.output::VARCHAR, 'query': c.query, 'response': c.response, 'label': c.label,
        'human_rating': a.human_rating, 'edge_case': NULL::VARCHAR, 'tools': c.tools::VARCHAR,
        'spans': NULL::VARCHAR, 'task': NULL::VARCHAR, 'good': true, 'conversation_id': c.conversation_id} AS chosen,
       {'example_id': r.example_id, 'source': r.source, 'messages': r.messages::VARCHAR,
        'output': i.output::VARCHAR, 'query': r.query, 'response': i.response, 'label': r.label,
        'human_rating': b.human_rating, 'edge_case': NULL::VARCHAR, 'tools': r.tools::VARCHAR,
        'spans': NULL::VARCHAR, 'task': NULL::VARCHAR, 'good': false, 'conversation_id': r.conversation_id} AS rejected
FROM pair_verdicts v
JOIN examples c ON c.example_id = v.chosen_id
JOIN examples r ON r.example_id = v.rejected_id
JOIN interactions i ON i.interaction_id = v.rejected_id
LEFT JOIN ratings a ON a.interaction_id = v.chosen_id
LEFT JOIN ratings b ON b.interaction_id = v.rejected_id
WHERE v.reason IS NULL
