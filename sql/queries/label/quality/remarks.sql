-- What annotators said beside their answers: why they could not judge, tags, and ratings by name; one row per
-- kind, control and value. A skip without a reason has the value null.
WITH said AS (
    SELECT t.kind, a.skipped, a.result, a.server, a.annotation_id
    FROM annotations a
    JOIN tasks t USING (task_key)
    WHERE NOT a.withdrawn AND a.problem IS NULL
),
parts AS (
    SELECT kind, skipped, json_extract_string(part, '$.from_name') AS control, json_extract(part, '$.value') AS value
    FROM (SELECT kind, skipped, unnest(json_extract(result, '$[*]')) AS part FROM said)
),
remarks AS (
    SELECT kind, skipped, control,
           unnest(CASE WHEN control IN ('cannot', 'tags') THEN json_extract(value, '$.choices')::VARCHAR[]
                       WHEN starts_with(control, 'rubric ') THEN [json_extract_string(value, '$.rating')] END) AS value
    FROM parts
)
SELECT kind, control, value, count(*) AS count
FROM remarks
-- What else stands in a skipped annotation was not said.
WHERE NOT skipped OR control = 'cannot'
GROUP BY ALL
UNION ALL
SELECT kind, 'cannot', NULL, count(*)
FROM said
WHERE skipped AND NOT list_contains(json_extract_string(result, '$[*].from_name'), 'cannot')
GROUP BY kind
ORDER BY kind, control, count DESC, value
