-- Answers, and whether a contract may be inferred from each; one row per example. That may be done from train examples
-- that are in, or whose form, sameness or (in unrated) missing rating alone keeps them out. Where a label is learned
-- that stands in a column, it is the answer.
SELECT e.example_id, e.tools::VARCHAR AS tools,
       CASE WHEN e.task = 'classification' AND p.label_from = 'column'
            THEN json_array(json_object('role', 'assistant', 'content', e.label)) ELSE e.output END::VARCHAR AS output,
       v.side = 'train' AND x.example_id IS NULL AS good,
       v.side = 'train' AND coalesce(x.only_unrated, true) AS unrated
FROM examples e
JOIN verdicts v USING (example_id)
LEFT JOIN (
    SELECT example_id, bool_and(reason = 'unrated') AS only_unrated
    FROM excluded
    WHERE reason NOT IN ('contract', 'tool_arguments', 'duplicate', 'near_duplicate', 'semantic_duplicate')
    GROUP BY example_id
) x USING (example_id)
CROSS JOIN (SELECT coalesce(max(value->>'$.label_from'), 'column') AS label_from FROM settings WHERE name = 'project') p
ORDER BY e.example_id
