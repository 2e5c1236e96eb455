-- The labels under suspicion (temporary table suspects), worst first, then what is contested; one row per example.
SELECT * REPLACE (CASE WHEN contested IS NULL THEN tier ELSE 'contested' END AS tier) FROM suspects
ORDER BY contested IS NOT NULL, score, model_score NULLS LAST, example_id LIMIT $top
