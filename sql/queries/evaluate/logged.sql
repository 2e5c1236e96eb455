-- What production itself answered to some examples, as it was logged; one row per example that has an answer.
SELECT interaction_id, output, response, input_tokens, output_tokens, cost_usd, latency_ms
FROM interactions
WHERE list_contains($ids, interaction_id) AND coalesce(response, output::VARCHAR) IS NOT NULL
