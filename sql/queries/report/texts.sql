-- The texts of some examples, as the look for personal data takes them; one row per example.
CREATE OR REPLACE TEMP TABLE texts AS
SELECT row_number() OVER (ORDER BY coalesce(created_at, 'epoch'::TIMESTAMP), example_id) - 1 AS place, example_id, source,
       conversation_id, messages, output, tools, query, response, label
FROM examples
WHERE example_id IN (SELECT unnest($ids))
