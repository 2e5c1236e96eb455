-- Whether annotators took a prefilled answer as it was; one row per kind of work, of answers that count.
SELECT t.kind,
       count(*) FILTER (a.origin = 'prediction') AS accepted,
       count(*) FILTER (a.origin = 'prediction-changed') AS changed,
       count(*) FILTER (a.origin = 'manual') AS by_hand,
       count(*) FILTER (a.origin IS NULL) AS unknown
FROM annotations a
JOIN tasks t USING (task_key)
WHERE NOT a.withdrawn AND NOT a.skipped AND a.problem IS NULL AND t.expected IS NULL
GROUP BY t.kind
ORDER BY t.kind
