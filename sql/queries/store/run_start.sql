-- Records that a command began; finished_at stays null until it is done.
INSERT INTO runs (run_id, command, settings, started_at, curate_version)
VALUES ($run_id, $command, $settings, $started_at, $version)
