-- Servers that have, or had, projects; one row per server.
SELECT DISTINCT server FROM label_projects ORDER BY server
