-- Held-out examples whose label people have judged: the one it had before (null where it had none), the one it has
-- now, the run that chose it (null where no queue did), and whether it was drawn at random; one row per example.
WITH asked AS (
    SELECT example_id, arg_min_null(label_seen, round) AS before, arg_min_null(run_id, round) AS run_id,
           bool_or(audit) AS drawn
    FROM asked_tasks
    WHERE kind = 'relabel' AND answered AND side = 'test'
    GROUP BY example_id
)
SELECT h.example_id, a.before, e.label, a.run_id, coalesce(a.drawn, false) AS drawn
FROM hand_labels h
JOIN examples e USING (example_id)
LEFT JOIN asked a USING (example_id)
WHERE list_contains($ids, h.example_id) AND e.label IS NOT NULL
ORDER BY h.example_id
