-- Some of the examples that meet all conditions, in the order of their ids; one row per example.
WITH page AS (FROM matching ORDER BY example_id LIMIT $most OFFSET $skipped)
SELECT p.example_id, e.query, e.response, e.label, p.rating, p.cluster_id, p.cluster, p.side, p.reason, e.model,
       e.created_at, e.source, e.source_id
FROM page p
JOIN examples e ON e.example_id = p.example_id
ORDER BY p.example_id
