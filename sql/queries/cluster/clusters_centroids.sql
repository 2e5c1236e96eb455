-- The centroids in the order of ids, so that of equally near ones the oldest is taken; one row per
-- cluster.
SELECT cluster_id AS input_hash, centroid AS vector FROM clusters ORDER BY cluster_id
