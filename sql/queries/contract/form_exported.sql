-- How many answers keep the contract in force, in production and on either side of a version (an Arrow table
-- registered as kept); one row.
SELECT count(*) AS production, count(*) FILTER (c.kind IS NULL) AS production_kept,
       count(*) FILTER (k.side = 'train') AS train, count(*) FILTER (k.side = 'train' AND c.kind IS NULL) AS train_kept,
       count(*) FILTER (k.side = 'test') AS test, count(*) FILTER (k.side = 'test' AND c.kind IS NULL) AS test_kept
FROM contract_checks c
JOIN examples e ON e.example_id = c.example_id AND e.revision = c.revision
LEFT JOIN kept k ON k.example_id = c.example_id
WHERE c.contract = $contract
