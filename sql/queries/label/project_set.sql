-- Stores a project on a server; how far it was synced stays.
INSERT INTO label_projects (server, project_id, kind, config, config_digest, annotators, queue, gone, run_id)
VALUES ($server, $project_id, $kind, $config, $config_digest, $annotators, $queue, false, $run_id)
ON CONFLICT DO UPDATE SET kind = excluded.kind, config = excluded.config, config_digest = excluded.config_digest,
    annotators = excluded.annotators, queue = excluded.queue, gone = false, run_id = excluded.run_id
