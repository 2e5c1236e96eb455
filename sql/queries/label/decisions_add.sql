-- Stores what follows from annotations (an Arrow table registered as made); one row per decision.
INSERT INTO decisions BY NAME SELECT *, $run_id AS run_id FROM made
