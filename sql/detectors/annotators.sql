-- Examples that annotators left open: they disagree, one more has to say, or they saw a hint that
-- nobody may see of what is held out.
-- serves: labels, answers
-- place: 2
-- audited: no
-- edge case: disagreement
-- why values: annotators disagree: {answers}
-- why disagree: annotators disagree
-- why hinted: it was answered with a hint before it was held out
WITH disputed AS (
    -- Of ratings the mean counts; two that are far apart need a third one.
    SELECT d.example_id, d.about,
           array_to_string(list_sort(list(DISTINCT coalesce(d.value, d.kind))), ' or ') AS answers
    FROM current_decisions d
    JOIN tasks t ON t.task_key = d.task_key AND t.kind = $kind
    LEFT JOIN settled s ON s.example_id = d.example_id AND s.from_id IS NULL
    WHERE NOT d.stale
    GROUP BY d.example_id, d.about
    HAVING CASE d.about
               WHEN 'rate' THEN count(*) = 2 AND max(try_cast(d.value AS DOUBLE))
                                                 - min(try_cast(d.value AS DOUBLE)) >= 2
               WHEN 'verdict' THEN any_value(coalesce(s.verdict, s.label)) IS NULL
               WHEN 'correct' THEN any_value(s.correction) IS NULL
               -- Spans may differ where they make the same answer.
               WHEN 'spans' THEN any_value(s.spans) IS NULL AND any_value(s.correction) IS NULL END
)
SELECT example_id, 0::DOUBLE AS score,
       CASE WHEN bool_or(about IN ('verdict', 'rate')) THEN 'values' ELSE 'disagree' END AS because,
       max(answers) AS answers
FROM disputed GROUP BY example_id
UNION ALL
    -- Once: when a further annotator has answered, it stands.
SELECT example_id, 0, NULL, NULL
FROM tasks WHERE kind = $kind AND example_id IN (SELECT unnest($doubted::VARCHAR[]))
GROUP BY example_id HAVING max(round) = 1
UNION ALL
SELECT d.example_id, 0, 'hinted', NULL
FROM current_decisions d
JOIN tasks t ON t.task_key = d.task_key AND t.kind = $kind
JOIN verdicts v ON v.example_id = d.example_id AND v.side = 'test'
WHERE NOT d.stale
GROUP BY d.example_id HAVING NOT bool_or(t.blind)
