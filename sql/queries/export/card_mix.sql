-- How labels, clusters, months and lengths are mixed in production, train and test (table kept); one row per
-- aspect and value, the most frequent first (months and lengths in order).
WITH aspects AS (
    -- Each name of a label counts; `one` is no column of these tables, as a column would come first.
    SELECT e.example_id, i.words, unnest([{aspect: 'label', value: one} FOR one IN coalesce(e.label_names, [NULL])] || [
        {aspect: 'cluster', value: c.name},
        {aspect: 'month', value: strftime(e.created_at, '%Y-%m')},
        {aspect: 'length', value: CASE
            WHEN i.words < 8 THEN 'under 8 words' WHEN i.words < 32 THEN '8-31 words'
            WHEN i.words < 128 THEN '32-127 words' ELSE '128 words or more' END}
    ], recursive := true)
    FROM examples e JOIN example_inputs x USING (example_id) JOIN inputs i USING (input_hash)
    LEFT JOIN cluster_members m USING (input_hash) LEFT JOIN clusters c USING (cluster_id)
),
counted AS (
    SELECT aspect, coalesce(value, 'unknown') AS value, count(*) AS production,
           min(words) AS shortest, count(*) FILTER (k.side = 'train') AS train,
           count(*) FILTER (k.side = 'test') AS test
    FROM aspects
    LEFT JOIN kept k USING (example_id)
    GROUP BY 1, 2
)
SELECT aspect, value, production, train, test
FROM counted
ORDER BY aspect, CASE WHEN aspect = 'month' THEN value END,
         CASE WHEN aspect = 'length' THEN shortest END, production DESC, value
