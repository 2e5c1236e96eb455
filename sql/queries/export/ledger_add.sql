-- Gives new examples their side for ever (an Arrow table registered as planned).
INSERT INTO split_ledger BY NAME
SELECT example_id, side, exposed, unit, origin, $since AS since_version, evidence, $run_id AS run_id
FROM planned WHERE is_new
ORDER BY example_id
