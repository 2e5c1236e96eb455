-- The store's own tables and views; one row per name.
SELECT table_name FROM duckdb_tables() WHERE NOT internal AND table_name NOT LIKE 'staging%'
UNION SELECT view_name FROM duckdb_views() WHERE NOT internal
ORDER BY 1
