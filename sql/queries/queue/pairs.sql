-- Inputs with two answers that differ, the two that people like best; one row per input. A pair that was
-- asked is left out, unless annotators disagreed and nobody is asked yet who breaks the tie.
WITH answers AS (
    SELECT e.*, x.input_hash, v.side, v.reason IS NULL AS kept, r.human_rating,
           row_number() OVER (PARTITION BY x.input_hash, e.response
                              ORDER BY r.human_rating DESC NULLS LAST, e.example_id) AS copy
    FROM examples e
    JOIN example_inputs x USING (example_id)
    JOIN inputs i USING (input_hash)
    JOIN verdicts v USING (example_id)
    LEFT JOIN ratings r ON r.interaction_id = e.example_id
    WHERE (NOT $scoped OR e.example_id IN (SELECT example_id FROM scope))
      AND v.side IN ('train', 'test') AND NOT v.exposed AND i.text <> '' AND trim(e.response) <> ''
      AND e.example_id NOT IN (
          SELECT example_id FROM excluded
          WHERE reason IN ('leak', 'published_leak', 'dropped', 'not_preferred') OR stage = 'filter' AND judges = 'input')
),
ranked AS (
    SELECT *, row_number() OVER (PARTITION BY input_hash, side
                                 ORDER BY human_rating DESC NULLS LAST, example_id) AS place
    FROM answers WHERE copy = 1
),
asked AS (
    SELECT one, two, max(round) AS round, arg_max(waiting, round) AS waiting, bool_or(tied) AS tied
    FROM (
        SELECT t.round, NOT t.answered AS waiting,
               (least(t.example_id, t.other_id), greatest(t.example_id, t.other_id)) IN (
                   SELECT (example_id, other_id) FROM disputes WHERE kind = $kind) AS tied,
               unnest([t.example_id, t.other_id]) AS one, unnest([t.other_id, t.example_id]) AS two
        FROM (
            SELECT * FROM asked_tasks
            UNION ALL BY NAME
            SELECT *, false AS answered FROM tasks WHERE state = 'queued' AND queue <> $queue
        ) t
        JOIN examples e USING (example_id, content_hash)
        WHERE t.kind = $kind
    )
    GROUP BY one, two
)
SELECT a.example_id, b.example_id AS other_id, a.source_id, a.content_hash,
       a.label, a.task, a.side, a.kept, a.input_hash AS copies,
       CASE WHEN q.one IS NULL THEN ['two_answers'] ELSE ['annotators'] END AS detectors,
       CASE WHEN q.one IS NULL THEN 1 ELSE 0 END AS place,
       abs(coalesce(a.human_rating, 3) - coalesce(b.human_rating, 3)) AS score,
       CASE WHEN q.one IS NULL THEN 'one question, two answers'
            ELSE 'annotators disagree' END AS why,
       NULL AS suggested, coalesce(q.round, 0) + 1 AS round, coalesce(a.query, '') AS query
FROM ranked a
JOIN ranked b ON b.input_hash = a.input_hash AND b.side = a.side AND b.place = 2
LEFT JOIN asked q ON q.one = a.example_id AND q.two = b.example_id
WHERE a.place = 1 AND (q.one IS NULL OR q.tied AND NOT q.waiting)
ORDER BY place, a.side DESC, score, a.example_id
