-- Why pairs are out; one row per reason.
SELECT reason, count(*) FROM pair_verdicts WHERE reason IS NOT NULL GROUP BY reason ORDER BY count(*) DESC, reason
