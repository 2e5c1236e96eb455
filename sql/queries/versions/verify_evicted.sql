-- Held-out examples that came after a version and measure no model trained on it, as its train leaks them;
-- one row per example: id, the version from which on it measures one.
SELECT l.example_id, l.since_version
FROM split_ledger l
JOIN versions v ON v.run_id < l.run_id
WHERE l.origin = 'evict' AND v.name = $name AND v.version = $version
ORDER BY l.example_id
