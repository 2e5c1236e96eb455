-- Stores the answers of a look (an Arrow table registered as given) that were not stored before.
INSERT INTO look_answers
SELECT $answers_digest, example_id, answer, input_tokens, output_tokens, cost_usd, latency_ms
FROM given
WHERE NOT EXISTS (FROM look_answers WHERE answers_digest = $answers_digest)
