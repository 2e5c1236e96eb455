-- Inputs with two answers that differ, the two that people like best; one row per input. Not those that
-- were asked before with the same content.
WITH answers AS (
    SELECT e.*, x.input_hash, v.side, v.reason IS NULL AS kept, r.human_rating,
           row_number() OVER (PARTITION BY x.input_hash, e.response
                              ORDER BY r.human_rating DESC NULLS LAST, e.example_id) AS copy
    FROM examples e
    JOIN example_inputs x USING (example_id)
    JOIN inputs i USING (input_hash)
    JOIN verdicts v USING (example_id)
    LEFT JOIN ratings r ON r.interaction_id = e.example_id
    WHERE v.side IN ('train', 'test') AND NOT v.exposed AND i.text <> '' AND trim(e.response) <> ''
      AND coalesce(v.reason, '') NOT IN ('leak', 'dropped', 'not_preferred')
      AND e.messages IS NOT NULL
),
ranked AS (
    SELECT *, row_number() OVER (PARTITION BY input_hash, side
                                 ORDER BY human_rating DESC NULLS LAST, example_id) AS place
    FROM answers WHERE copy = 1
)
SELECT a.example_id, b.example_id AS other_id, a.source_id, a.content_hash,
       a.label, a.task, a.side, a.kept, ['two_answers'] AS detectors, 0 AS place,
       abs(coalesce(a.human_rating, 3) - coalesce(b.human_rating, 3)) AS score,
       'one question, two answers' AS why, NULL AS suggested, 1 AS round, coalesce(a.query, '') AS query
FROM ranked a
JOIN ranked b ON b.input_hash = a.input_hash AND b.side = a.side AND b.place = 2
WHERE a.place = 1
  AND (a.example_id, b.example_id) NOT IN (
      SELECT (example_id, other_id) FROM tasks WHERE kind = 'preference' AND state IN ('pending', 'sent'))
ORDER BY side DESC, score, example_id
