-- Stores clusters (an Arrow table registered as found); one row per cluster.
INSERT INTO clusters SELECT cluster_id, name, typical, terms, fitted_inputs, centroid FROM found ORDER BY cluster_id
