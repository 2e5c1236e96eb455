-- Gives test examples back what exported train rows leaked, from this version on (an Arrow table
-- registered as planned).
UPDATE split_ledger
SET exposed = false, origin = 'evict', since_version = $since, evidence = p.evidence, run_id = $run_id
FROM planned p
WHERE p.example_id = split_ledger.example_id AND p.evicts AND NOT p.is_new
