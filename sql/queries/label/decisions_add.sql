-- Stores what follows from annotations (an Arrow table registered as made); one row per decision.
INSERT INTO decisions BY NAME SELECT *, $server AS server, $run_id AS run_id FROM made
