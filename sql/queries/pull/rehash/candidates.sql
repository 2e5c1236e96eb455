-- Calls whose metadata may hold a user's id in plain text; one row per call, in order of ids.
SELECT interaction_id, source_id, metadata::VARCHAR AS metadata, row_hash, user_key, content_hash, label, created_at,
       session_id, group_key, given_split, model, finish_reason, status, error, input_tokens, output_tokens, cost_usd,
       latency_ms, document, preference, rank, trace_id
FROM interactions
WHERE interaction_id > $after AND metadata IS NOT NULL
  AND (contains(metadata::VARCHAR, '@') OR user_key IS NOT NULL
       OR regexp_matches(metadata::VARCHAR, '[0-9A-Fa-f]*[.:][0-9A-Fa-f]*[.:][0-9A-Fa-f]*[.:]')
       OR regexp_matches(metadata::VARCHAR, concat(
           '(?i)"[^"]*(user|uid|login|nick|screen|handle|mail|ip|addr|customer|account|member|visitor|person|distinct|',
           'anonymous|device|phone|requester|submitter|author|annotator|completed|created|updated|owner|assignee|reviewer|',
           'first|last|full|display|employee|identifier)[^"]*":')))
ORDER BY interaction_id
LIMIT $most
