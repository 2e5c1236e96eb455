-- Stores annotations (table fresh); one row per annotation.
INSERT INTO annotations BY NAME
SELECT *, false AS withdrawn, $run_id AS run_id FROM fresh
