-- How many answers keep the contract in force, in production and among those that are in on either side; one row.
SELECT count(*) AS production, count(*) FILTER (c.kind IS NULL) AS production_kept,
       count(*) FILTER (v.side = 'train' AND v.reason IS NULL) AS train,
       count(*) FILTER (v.side = 'train' AND v.reason IS NULL AND c.kind IS NULL) AS train_kept,
       count(*) FILTER (v.side = 'test' AND v.reason IS NULL) AS test,
       count(*) FILTER (v.side = 'test' AND v.reason IS NULL AND c.kind IS NULL) AS test_kept
FROM contract_checks c
JOIN examples e ON e.example_id = c.example_id AND e.revision = c.revision
JOIN verdicts v ON v.example_id = c.example_id
WHERE c.contract = $contract
