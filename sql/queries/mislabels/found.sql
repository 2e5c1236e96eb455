-- The labels under suspicion (temporary table suspects), worst first; one row per example.
SELECT * FROM suspects ORDER BY score, model_score NULLS LAST, example_id LIMIT $top
