-- The tables and views of a DuckDB file; one row per name.
SELECT table_name FROM information_schema.tables ORDER BY table_name
