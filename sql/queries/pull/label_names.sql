-- Classes in a source of a classification project; one row per name.
SELECT name, count(*) AS examples
FROM (SELECT unnest(label_names) AS name FROM examples WHERE source = $source AND task = 'classification')
GROUP BY name
ORDER BY name
