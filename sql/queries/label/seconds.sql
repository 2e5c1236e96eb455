-- How long an answer of a kind takes: the median of what annotators took, and of how many answers; one row.
SELECT median(a.seconds), count(a.seconds)
FROM annotations a
JOIN tasks t USING (task_key)
WHERE t.kind = $kind AND NOT a.withdrawn AND NOT a.skipped
