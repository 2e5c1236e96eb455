-- Removes checks that say nothing any more: of another contract, of another revision, or of no example.
DELETE FROM contract_checks
WHERE contract <> $contract OR (example_id, revision) NOT IN (SELECT (example_id, revision) FROM examples)
