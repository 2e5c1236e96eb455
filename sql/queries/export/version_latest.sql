-- The latest version of a dataset; at most one row.
SELECT version, content_id FROM versions WHERE name = $name ORDER BY version DESC LIMIT 1
