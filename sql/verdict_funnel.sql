-- Why examples are out, each under its first reason; one row per reason in the order of stages.
SELECT reason, count(*) FROM verdicts WHERE reason IS NOT NULL
GROUP BY reason ORDER BY min(place), count(*) DESC, reason
