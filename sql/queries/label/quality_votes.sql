-- What each annotator says today of each example, per kind of work; one row per kind, example and annotator.
-- Of a preference, this is the example itself, other the one beside it.
SELECT t.kind, d.example_id, d.annotator,
       CASE WHEN t.kind <> 'preference' THEN coalesce(d.value, d.kind)
            WHEN d.value = t.example_id THEN 'this' WHEN d.value = t.other_id THEN 'other' ELSE d.value END AS value
FROM current_decisions d
JOIN tasks t USING (task_key)
WHERE NOT d.stale AND d.about = CASE t.kind WHEN 'relabel' THEN 'verdict' WHEN 'review' THEN 'rate'
                                            WHEN 'preference' THEN 'prefer' ELSE 'spans' END
ORDER BY t.kind, d.example_id, d.annotator
