-- What annotators answer so differently that nothing follows; one row per kind of work, example or pair, and subject.
CREATE OR REPLACE VIEW disputes AS
SELECT t.kind, least(d.example_id, d.other_id) AS example_id,
       CASE WHEN d.other_id IS NOT NULL THEN greatest(d.example_id, d.other_id) END AS other_id, d.about,
       array_to_string(list_sort(list(DISTINCT coalesce(d.value, d.kind))), ' or ') AS answers
FROM current_decisions d
JOIN tasks t USING (task_key)
LEFT JOIN settled s ON s.example_id = d.example_id AND s.from_id IS NULL
LEFT JOIN settled_pairs p ON p.example_id = least(d.example_id, d.other_id)
                         AND p.other_id = greatest(d.example_id, d.other_id)
WHERE NOT d.stale
GROUP BY ALL
HAVING CASE d.about
           -- Of ratings the mean counts; two that are far apart need a third one.
           WHEN 'rate' THEN count(*) = 2 AND max(try_cast(d.value AS DOUBLE)) - min(try_cast(d.value AS DOUBLE)) >= 2
           WHEN 'verdict' THEN any_value(coalesce(s.verdict, s.label)) IS NULL
           WHEN 'correct' THEN any_value(s.correction) IS NULL
           -- Spans may differ where they make the same answer.
           WHEN 'spans' THEN any_value(s.spans) IS NULL AND any_value(s.correction) IS NULL
           WHEN 'prefer' THEN any_value(p.preferred) IS NULL END;
COMMENT ON VIEW disputes IS 'Questions on which annotators disagree, so that nothing follows; those about ratings are two that are far apart.';
