-- All that some examples say (places of the table texts), in the order of time; one row per example.
SELECT example_id, source, conversation_id, messages, output, tools, query, response, label
FROM texts
WHERE place IN (SELECT unnest($places::BIGINT[]))
ORDER BY place
