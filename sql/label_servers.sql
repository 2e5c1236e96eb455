-- Servers that have projects; one row per server.
SELECT DISTINCT server FROM label_projects WHERE NOT gone ORDER BY server
