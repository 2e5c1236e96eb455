-- The example itself with its verdict; one row.
SELECT e.example_id, e.source, e.source_id, e.query, e.response, e.label, r.human_rating, e.corrected,
       e.created_at, e.conversation_id, e.model, e.content_hash, v.side, v.reason, v.pending
FROM examples e
JOIN verdicts v USING (example_id)
LEFT JOIN ratings r ON r.interaction_id = e.example_id
WHERE e.example_id = $id
