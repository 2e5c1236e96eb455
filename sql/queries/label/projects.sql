-- Projects on a server that are not gone; one row per project, the newest first.
SELECT project_id, kind, config, config_digest, annotators, queue, synced_to
FROM label_projects WHERE server = $server AND NOT gone
ORDER BY run_id DESC, project_id DESC
