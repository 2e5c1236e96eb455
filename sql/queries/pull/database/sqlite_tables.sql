-- The tables and views of a SQLite file; one row each: its name, its quoted name, its name again.
SELECT name, '"' || replace(name, '"', '""') || '"', name
FROM sqlite_master
WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite_%'
ORDER BY name
