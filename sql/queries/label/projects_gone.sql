-- Projects on a server that are gone, of queues that have no other one there; one row per queue, its newest
-- project.
SELECT DISTINCT ON (kind, queue) project_id, kind, config, config_digest, annotators, queue, synced_to
FROM label_projects
WHERE server = $server AND gone
  AND (kind, queue) NOT IN (SELECT (kind, queue) FROM label_projects WHERE server = $server AND NOT gone)
ORDER BY kind, queue, run_id DESC, project_id DESC
