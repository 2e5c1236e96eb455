-- Examples that no version has seen, by cluster; one row per cluster.
SELECT CASE WHEN cluster_id IS NOT NULL THEN cluster_id || ' ' || cluster_name END AS cluster, count(*) AS production,
       count(*) FILTER (example_id NOT IN (SELECT example_id FROM version_examples)) AS new
FROM report_examples
GROUP BY 1 ORDER BY 1 NULLS LAST
