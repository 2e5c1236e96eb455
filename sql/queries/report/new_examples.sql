-- Some examples that no version has seen: $each of each of the $clusters clusters that have most; one row per example.
WITH new AS (
    SELECT example_id, cluster_id,
           CASE WHEN cluster_id IS NOT NULL THEN cluster_id || ' ' || cluster_name END AS cluster,
           count(*) OVER (PARTITION BY cluster_id) AS size,
           row_number() OVER (PARTITION BY cluster_id ORDER BY example_id) AS nth
    FROM report_examples
    WHERE example_id NOT IN (SELECT example_id FROM version_examples)
)
SELECT example_id, cluster FROM new
WHERE nth <= $each
QUALIFY dense_rank() OVER (ORDER BY size DESC, cluster_id NULLS LAST) <= $clusters
ORDER BY size DESC, cluster_id NULLS LAST, nth
