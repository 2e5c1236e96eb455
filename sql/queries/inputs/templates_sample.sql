-- Last user turns to look for a template in; up to 2,000 per source, the same ones every time.
SELECT source, query
FROM interactions
WHERE query <> ''
QUALIFY row_number() OVER (PARTITION BY source ORDER BY interaction_id) <= 2000
