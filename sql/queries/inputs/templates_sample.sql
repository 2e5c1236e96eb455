-- Last user turns to look for templates in, the same ones every time: 2,000 per source, and up to
-- 10,000 where they are not long.
SELECT source, query
FROM (
    SELECT source, query, row_number() OVER (PARTITION BY source ORDER BY interaction_id) AS place
    FROM interactions
    WHERE query <> ''
    QUALIFY place <= 10_000
)
QUALIFY place <= 2_000 OR sum(strlen(query)) OVER (PARTITION BY source ORDER BY place) <= 20_000_000
