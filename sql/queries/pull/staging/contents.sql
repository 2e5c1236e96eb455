-- What is staged of calls; one row: calls, calls with a question, with something to learn or to judge,
-- without an answer or a label, and where the first stands that has no question, and no answer.
WITH said AS (
    SELECT source_id, location, file_number, line, part, messages <> '[]' AS asks,
           output IS NOT NULL OR label IS NOT NULL AS answers, correction IS NOT NULL AS corrects
    FROM staging_interactions
),
calls AS (
    SELECT *, location || ':' || line AS place, (file_number, line) AS position
    FROM said
    QUALIFY row_number() OVER (
        PARTITION BY coalesce(source_id, concat_ws(':', file_number, line, part))
        ORDER BY file_number DESC, line DESC, part DESC) = 1
)
SELECT count(*),
       count(*) FILTER (asks),
       count(*) FILTER (answers OR corrects
                        OR (file_number, line, part) IN (
                            SELECT (file_number, line, part) FROM staging_feedback
                            WHERE kind IN ('label', 'correction'))),
       count(*) FILTER (NOT answers),
       arg_min(place, position) FILTER (NOT asks),
       arg_min(place, position) FILTER (NOT answers)
FROM calls
