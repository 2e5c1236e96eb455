-- Versions exported since a pull whose files have rows that it added or changed, or gave feedback for;
-- one row per version: its name, and how many such rows.
SELECT v.name || '@v' || v.version AS version, count(DISTINCT x.example_id)
FROM versions v
JOIN (
    SELECT name, version, example_id FROM version_examples WHERE line IS NOT NULL
    UNION ALL SELECT name, version, unnest(example_ids) FROM version_lines
) x USING (name, version)
WHERE v.run_id > $undone AND x.example_id IN (
    SELECT interaction_id FROM touched WHERE is_here
    UNION SELECT interaction_id FROM feedback WHERE run_id = $undone
    UNION SELECT interaction_id FROM undo_feedback WHERE undo_run_id = $undone
)
GROUP BY v.name, v.version
ORDER BY v.name, v.version
