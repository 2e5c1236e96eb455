-- What production's models took, by month: calls, median latency, cost and tokens; one row per model and month
-- that says any of these, the last months first.
SELECT coalesce(model, '') AS model, strftime(created_at, '%Y-%m') AS month, count(*) AS calls,
       approx_quantile(latency_ms, 0.5) AS p50_ms, approx_quantile(latency_ms, 0.95) AS p95_ms,
       sum(cost_usd) AS cost_usd, sum(coalesce(input_tokens, 0) + coalesce(output_tokens, 0)) AS tokens
FROM calls
WHERE coalesce(latency_ms, cost_usd, input_tokens, output_tokens) IS NOT NULL
GROUP BY 1, 2
ORDER BY month DESC NULLS LAST, calls DESC, model
