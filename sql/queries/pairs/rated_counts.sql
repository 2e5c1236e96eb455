-- Examples with a thumb up or down; one row per side, thumb and reason (null: it is written).
SELECT side, good, reason, count(*) FROM rated_verdicts GROUP BY ALL ORDER BY side, good, reason NULLS FIRST
