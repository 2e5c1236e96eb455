-- How far the tasks of each kind are, and how long an answer takes; one row per kind. A task that was
-- handed over is answered, skipped, not understood, waiting, or gone from the server.
WITH said AS (
    SELECT task_key, bool_or(NOT skipped AND problem IS NULL) AS answered, bool_or(problem IS NOT NULL) AS problem,
           median(seconds) FILTER (NOT skipped) AS seconds
    FROM annotations WHERE NOT withdrawn GROUP BY task_key
)
SELECT t.kind,
       count(*) FILTER (t.state = 'queued') AS queued,
       count(*) FILTER (t.state = 'pending') AS pending,
       count(*) FILTER (t.state = 'sent') AS sent,
       count(*) FILTER (s.answered) AS answered,
       count(*) FILTER (NOT s.answered AND s.problem) AS problems,
       count(*) FILTER (NOT s.answered AND NOT s.problem) AS skipped,
       count(*) FILTER (s.task_key IS NULL AND t.state IN ('pending', 'sent')) AS waiting,
       count(*) FILTER (t.state = 'gone') AS gone,
       median(s.seconds) AS seconds
FROM tasks t
LEFT JOIN said s USING (task_key)
GROUP BY t.kind
ORDER BY t.kind
