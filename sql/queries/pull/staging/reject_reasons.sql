-- Why staged documents were refused; one row per reason, the most frequent first.
SELECT reason, count(*) FROM staging_rejects GROUP BY reason ORDER BY count(*) DESC, reason
