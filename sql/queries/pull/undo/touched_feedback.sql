-- The feedback that a pull added, changed, withdrew or moved; one row each.
CREATE OR REPLACE TEMP TABLE touched_feedback AS
SELECT feedback_id FROM feedback WHERE run_id = $undone
UNION SELECT feedback_id FROM undo_feedback WHERE undo_run_id = $undone OR run_id = $undone
UNION SELECT id FROM undo_places WHERE undo_run_id = $undone AND part = 'feedback'
