-- The interactions that a pull added, changed, withdrew or moved; one row each, is_here where what the
-- pull wrote is what is here.
CREATE OR REPLACE TEMP TABLE touched AS
SELECT interaction_id, bool_or(is_here) AS is_here
FROM (
    SELECT interaction_id, true AS is_here FROM interactions WHERE run_id = $undone
    UNION ALL SELECT interaction_id, false FROM undo_interactions WHERE undo_run_id = $undone OR run_id = $undone
    UNION ALL SELECT id, false FROM undo_places WHERE undo_run_id = $undone AND part = 'interactions'
)
GROUP BY interaction_id
