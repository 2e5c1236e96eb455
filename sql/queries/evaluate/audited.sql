-- Held-out examples whose label people have judged: the one it had before, the one it has now, and whether it
-- was drawn at random; one row per example.
WITH drawn AS (
    SELECT example_id, arg_min(label_seen, round) AS before
    FROM asked_tasks
    WHERE kind = 'relabel' AND audit AND answered AND side = 'test'
    GROUP BY example_id
)
SELECT h.example_id, d.before, e.label, d.example_id IS NOT NULL AS audited
FROM hand_labels h
JOIN examples e USING (example_id)
LEFT JOIN drawn d USING (example_id)
WHERE list_contains($ids, h.example_id) AND e.label IS NOT NULL
