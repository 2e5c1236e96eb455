-- What is staged of calls; one row: calls, calls with a question, with something to learn or to judge,
-- without an answer or a label, and where the first stands that has no question, and no answer.
WITH calls AS (
    SELECT *, location || ':' || line AS place, (file_number, line) AS position
    FROM staging_interactions
    QUALIFY row_number() OVER (
        PARTITION BY coalesce(source_id, concat_ws(':', file_number, line, part))
        ORDER BY file_number DESC, line DESC, part DESC) = 1
)
SELECT count(*),
       count(*) FILTER (messages <> '[]'),
       count(*) FILTER (output IS NOT NULL OR label IS NOT NULL OR correction IS NOT NULL
                        OR (file_number, line, part) IN (
                            SELECT (file_number, line, part) FROM staging_feedback
                            WHERE kind IN ('label', 'correction'))),
       count(*) FILTER (output IS NULL AND label IS NULL),
       arg_min(place, position) FILTER (messages = '[]'),
       arg_min(place, position) FILTER (output IS NULL AND label IS NULL)
FROM calls
