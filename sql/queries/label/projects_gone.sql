-- Projects on a server that are gone, of kinds that have no other one there; one row per kind, its newest project.
SELECT DISTINCT ON (kind) project_id, kind, config, config_digest, annotators, synced_to
FROM label_projects
WHERE server = $server AND gone
  AND kind NOT IN (SELECT kind FROM label_projects WHERE server = $server AND NOT gone)
ORDER BY kind, run_id DESC, project_id DESC
