-- Stores what was found of answers (an Arrow table registered as found); one row per example.
INSERT INTO contract_checks SELECT example_id, revision, $contract, kind, path, message FROM found ORDER BY example_id
