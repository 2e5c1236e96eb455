-- The answers that break the contract in force; one row per example.
SELECT c.kind, c.path, c.message, c.example_id
FROM contract_checks c
JOIN examples e ON e.example_id = c.example_id AND e.revision = c.revision
WHERE c.contract = $contract AND c.kind IS NOT NULL
ORDER BY c.example_id
