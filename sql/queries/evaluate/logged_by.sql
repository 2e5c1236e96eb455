-- What production answered to the prompts of some examples, in their own calls and in others with the same messages,
-- and who did; one row per example and who, of several calls the first.
WITH asked AS (
    SELECT i.interaction_id AS example_id, i.messages, x.input_hash
    FROM interactions i JOIN example_inputs x ON x.example_id = i.interaction_id
    WHERE list_contains($ids, i.interaction_id)
)
SELECT DISTINCT ON (name, a.example_id)
       CASE $by WHEN 'source' THEN o.source ELSE o.model END AS name, a.example_id,
       o.output, o.response, o.input_tokens, o.output_tokens, o.cost_usd, o.latency_ms
FROM asked a
JOIN example_inputs y USING (input_hash)
JOIN interactions o ON o.interaction_id = y.example_id AND o.messages = a.messages
WHERE name IS NOT NULL AND coalesce(o.response, o.output::VARCHAR) IS NOT NULL
ORDER BY name, a.example_id, o.interaction_id <> a.example_id, o.created_at, o.interaction_id
