-- What the inputs of stale examples (an Arrow table registered as stale_inputs) are made of; one row per
-- example. Its messages are null where they are the query alone, beside one text of the system, and its
-- output is a text alone, or nothing: then there is no more to them than query and answer. None was stored
-- by a run before $since.
WITH talks AS (
    SELECT e.example_id, e.query, e.context, e.messages::VARCHAR AS messages, e.output::VARCHAR AS output,
           e.answer, s.revision, e.response, '{"content":' || to_json(e.query) || ',"role":"user"}]' AS asked,
           left(messages, length(messages) - length(asked)) AS system
    FROM examples e
    JOIN stale_inputs s USING (example_id)
    WHERE e.pulled_by >= $since
)
SELECT example_id, query, context, CASE WHEN NOT coalesce(is_text, false) THEN messages END AS messages, output,
       answer, revision
FROM (
    SELECT *, suffix(messages, asked)
          AND (system = '[' OR (starts_with(system, '[{"content":"') AND suffix(system, '","role":"system"},')
                                -- Within a text, each quote has a backslash before it.
                                AND position('"role":' IN system) = length(system) - 16))
          AND (output IS NULL OR output = '[{"content":' || to_json(response) || ',"role":"assistant"}]') AS is_text
    FROM talks
)
