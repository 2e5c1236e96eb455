-- Drops examples whose messages and answer together are too long to train on.
-- judges: input
-- $max_chars integer = 100000: most characters of messages and answer together
SELECT example_id, 'too_long' AS reason, length(messages::VARCHAR) + length(coalesce(response, '')) AS score
FROM candidates
WHERE length(messages::VARCHAR) + length(coalesce(response, '')) > $max_chars
