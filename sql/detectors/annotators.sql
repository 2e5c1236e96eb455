-- Examples that annotators left open: they disagree, one more has to say, or they saw a hint that
-- nobody may see of what is held out.
-- serves: labels, answers
-- place: 2
-- audited: no
-- edge case: disagreement
-- why values: annotators disagree: {answers}
-- why disagree: annotators disagree
-- why hinted: it was answered with a hint before it was held out
SELECT example_id, 0::DOUBLE AS score,
       CASE WHEN bool_or(about IN ('verdict', 'rate')) THEN 'values' ELSE 'disagree' END AS because,
       max(answers) AS answers
FROM disputes WHERE kind = $kind GROUP BY example_id
UNION ALL
    -- Once: when a further annotator has answered, it stands.
SELECT example_id, 0, NULL, NULL
FROM tasks
WHERE kind = $kind AND expected IS NULL AND example_id IN (SELECT unnest($doubted::VARCHAR[]))
GROUP BY example_id HAVING max(round) = 1
UNION ALL
SELECT d.example_id, 0, 'hinted', NULL
FROM current_decisions d
JOIN tasks t ON t.task_key = d.task_key AND t.kind = $kind
JOIN verdicts v ON v.example_id = d.example_id AND v.side = 'test'
WHERE NOT d.stale
GROUP BY d.example_id HAVING NOT bool_or(t.blind)
