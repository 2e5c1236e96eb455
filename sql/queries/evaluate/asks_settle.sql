-- Stores what came to prompts (an Arrow table registered as arrived): an answer, or why there is none.
UPDATE asks SET
    answer = arrived.answer, finish_reason = arrived.finish_reason, input_tokens = arrived.input_tokens,
    output_tokens = arrived.output_tokens, latency_ms = arrived.latency_ms, error = arrived.error
FROM arrived
WHERE asks.endpoint = $endpoint AND asks.model = $model AND asks.settings = $settings
  AND asks.prompt_hash = arrived.prompt_hash AND asks.answer IS NULL
