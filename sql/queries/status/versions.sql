-- The latest version of each dataset; one row per dataset.
SELECT name || '@' || max(version) FROM versions GROUP BY name ORDER BY name
