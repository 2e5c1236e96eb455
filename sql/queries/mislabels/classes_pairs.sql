-- How often a label is suspected to be another one (temporary table labels_today), and the sum of the chances
-- that it is; one row per given and suggested label.
SELECT label AS given, suggested, count(*) AS labels, count(*) FILTER (tier = 'likely') AS likely,
       sum(probability::DECIMAL(9, 4))::DOUBLE AS chance
FROM labels_today
WHERE aside IS NULL AND suggested IS NOT NULL
GROUP BY label, suggested
ORDER BY label, suggested
