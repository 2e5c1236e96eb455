-- How many checks say nothing any more: of another contract, of another revision, or of no example; one row.
SELECT count(*)
FROM contract_checks c
LEFT JOIN examples e ON e.example_id = c.example_id AND e.revision = c.revision
WHERE e.example_id IS NULL OR c.contract <> $contract
