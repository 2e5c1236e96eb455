-- Last user turns to look for templates in, the same ones every time: 2,000 per source, and up to
-- 10,000 where they are not long.
WITH first AS (
    SELECT source, unnest(min(interaction_id, 10_000)) AS interaction_id
    FROM interactions
    WHERE query <> ''
    GROUP BY source
)
SELECT source, query
FROM (
    SELECT i.source, i.query, row_number() OVER (PARTITION BY i.source ORDER BY i.interaction_id) AS place
    FROM interactions i
    JOIN first USING (source, interaction_id)
)
QUALIFY place <= 2_000 OR sum(strlen(query)) OVER (PARTITION BY source ORDER BY place) <= 20_000_000
