-- Counts requests that are about to go out (an Arrow table registered as going); one row per prompt.
MERGE INTO asks USING going
ON asks.endpoint = $endpoint AND asks.model = $model AND asks.settings = $settings
    AND asks.prompt_hash = going.prompt_hash
WHEN MATCHED THEN UPDATE SET sent = asks.sent + 1, runs = asks.runs + going.is_first::INTEGER
WHEN NOT MATCHED THEN INSERT (endpoint, model, settings, prompt_hash, sent, runs)
    VALUES ($endpoint, $model, $settings, going.prompt_hash, 1, 1)
