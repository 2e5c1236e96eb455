-- How often a label is suspected to be another one (temporary table labels_today), and the sum of the chances
-- that it is, without what is contested; one row per given and suggested label.
SELECT label AS given, suggested, count(*) AS labels, count(*) FILTER (tier = 'likely') AS likely,
       coalesce(sum(probability::DECIMAL(9, 4)) FILTER (tier <> 'contested'), 0)::DOUBLE AS chance
FROM labels_today
WHERE aside IS NULL AND suggested IS NOT NULL
GROUP BY label, suggested
ORDER BY label, suggested
