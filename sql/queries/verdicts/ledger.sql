-- The ledger as the next export would leave it; one row per example.
SELECT * FROM plan ORDER BY example_id
