-- Which names there are to ask for; one row per kind and name.
SELECT DISTINCT 'label' AS kind, unnest(label_names) AS name FROM examples
UNION ALL SELECT 'cluster', name FROM clusters
UNION ALL SELECT DISTINCT 'reason', reason FROM verdicts WHERE reason IS NOT NULL
UNION ALL SELECT DISTINCT 'model', model FROM examples WHERE model IS NOT NULL
ORDER BY ALL
