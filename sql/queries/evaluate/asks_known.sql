-- What is known of prompts (a list of hashes) that a model was sent with some settings; one row per prompt.
SELECT prompt_hash, sent, runs, answer, finish_reason, input_tokens, output_tokens, latency_ms, error
FROM asks
WHERE endpoint = $endpoint AND model = $model AND settings = $settings
  AND prompt_hash IN (SELECT unnest($hashes))
ORDER BY prompt_hash
