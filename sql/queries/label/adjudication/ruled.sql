-- Examples about which somebody has adjudicated; one row per example.
SELECT DISTINCT example_id FROM standing_decisions WHERE asked.ruling > 0 AND asked.kind = $kind ORDER BY example_id
