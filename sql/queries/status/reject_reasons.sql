-- Why documents were refused; one row per reason with how many, the most frequent first.
SELECT reason, count(*) AS documents
FROM rejects
GROUP BY reason
ORDER BY documents DESC, reason
