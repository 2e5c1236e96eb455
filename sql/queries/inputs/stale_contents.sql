-- What the inputs of stale examples (an Arrow table registered as stale_inputs) are made of; one row per
-- example. Its messages and its output are null where they are the query alone, beside one text of the system, and a
-- text alone, or nothing: then there is no more to them than query and answer. None was stored by a run before
-- $since.
WITH talks AS (
    SELECT e.example_id, e.query, e.context, e.answer, s.revision, e.corrected, c.messages, c.output, c.response,
           (c.messages = '[' OR (starts_with(c.messages, '[{"content":"') AND suffix(c.messages, '","role":"system"},')
                                 -- Within a text, each quote has a backslash before it.
                                 AND position('"role":' IN c.messages) = length(c.messages) - 16))
           AND (c.output IS NULL OR c.output = '[') AS is_text
    FROM examples e
    JOIN stale_inputs s USING (example_id)
    JOIN calls c ON c.interaction_id = e.example_id
    WHERE e.pulled_by >= $since AND c.run_id >= $since
)
SELECT example_id, query, context,
       CASE WHEN NOT is_text THEN whole_messages(messages, query, 'user')::VARCHAR END AS messages,
       CASE WHEN NOT is_text AND NOT corrected THEN whole_messages(output, response, 'assistant')::VARCHAR END AS output,
       answer, revision
FROM talks
