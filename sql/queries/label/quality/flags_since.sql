-- The first run that judged labels; one row, 0 where none did.
SELECT coalesce(min(run_id), 0) FROM runs
WHERE command = 'mislabels' AND finished_at IS NOT NULL AND (counts->'$.found') IS NOT NULL
