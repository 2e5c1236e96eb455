-- Drops examples whose messages and answer together are too long to train on, reasoning aside.
-- judges: input
-- $max_chars integer = 100000: most characters of messages and answer together
SELECT example_id, 'too_long' AS reason, characters AS score
FROM (
    SELECT example_id, length(coalesce(response, '')) + length(
               CASE WHEN contains(messages::VARCHAR, '"reasoning_content":')
                    THEN regexp_replace(messages::VARCHAR, ',?"reasoning_content":"([^"\\]|\\.)*"', '', 'g')
                    ELSE messages::VARCHAR END) AS characters
    FROM candidates
)
WHERE characters > $max_chars
