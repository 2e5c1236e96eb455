-- How many labels are up for judgement (temporary table labels_today), suspected or not; one row per side and
-- tier.
SELECT side, tier, count(*) FROM labels_today WHERE aside IS NULL GROUP BY ALL ORDER BY ALL
