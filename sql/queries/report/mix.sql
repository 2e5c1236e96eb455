-- How production, train, test and ratings are spread; one row per aspect and value. `period` is a format of
-- strftime. Conversations are counted since calls of one are alike.
WITH aspects AS (
    SELECT example_id, unnest([
        {aspect: 'label', value: one, place: NULL::INTEGER} FOR one IN coalesce(label_names, [NULL])
    ] || [
        {aspect: 'cluster', value: cluster_id || ' ' || cluster_name, place: NULL::INTEGER},
        {aspect: 'model', value: model, place: NULL::INTEGER},
        {aspect: 'language', value: language, place: NULL::INTEGER},
        {aspect: 'time', value: strftime(created_at, $period), place: NULL::INTEGER},
        {aspect: 'length', value: CASE WHEN words < 8 THEN 'under 8 words' WHEN words < 32 THEN '8-31 words'
                                       WHEN words < 128 THEN '32-127 words' WHEN words < 512 THEN '128-511 words'
                                       ELSE '512 words or more' END,
                           place: CASE WHEN words < 8 THEN 0 WHEN words < 32 THEN 1 WHEN words < 128 THEN 2
                                       WHEN words < 512 THEN 3 ELSE 4 END}
    ], recursive := true)
    FROM report_examples
)
SELECT aspect, value, count(*) AS production, count(*) FILTER (file = 'train') AS train,
       count(*) FILTER (file = 'test') AS test, count(*) FILTER (human_rating IS NOT NULL) AS rated,
       count(*) FILTER (erased) AS erased, avg(human_rating) AS mean_rating,
       count(DISTINCT conversation_id) AS conversations
FROM aspects JOIN report_examples USING (example_id)
GROUP BY aspect, value, place
ORDER BY aspect, place, CASE WHEN aspect = 'time' THEN value END NULLS LAST, production DESC, value NULLS LAST
