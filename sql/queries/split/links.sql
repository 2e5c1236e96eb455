-- Calls that may continue one of several equal calls; one row per call and example.
SELECT call_hash, example_id, is_child FROM conversation_links ORDER BY ALL
