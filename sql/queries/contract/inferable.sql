-- Answers, and whether a contract may be inferred from each; one row per example. That may be done from train examples
-- that are in, or whose form, sameness or (in unrated) missing rating alone keeps them out.
SELECT e.example_id, e.output::VARCHAR AS output, e.tools::VARCHAR AS tools,
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
ORDER BY e.example_id
