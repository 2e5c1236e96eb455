-- Drops what is kept of pulls that cannot be taken back, or have been.
DELETE FROM undo_interactions WHERE undo_run_id NOT IN (SELECT run_id FROM undo_runs WHERE state = 'kept');
DELETE FROM undo_interaction_history WHERE undo_run_id NOT IN (SELECT run_id FROM undo_runs WHERE state = 'kept');
DELETE FROM undo_feedback WHERE undo_run_id NOT IN (SELECT run_id FROM undo_runs WHERE state = 'kept');
DELETE FROM undo_feedback_history WHERE undo_run_id NOT IN (SELECT run_id FROM undo_runs WHERE state = 'kept');
DELETE FROM undo_rejects WHERE undo_run_id NOT IN (SELECT run_id FROM undo_runs WHERE state = 'kept');
DELETE FROM undo_pulled_files WHERE undo_run_id NOT IN (SELECT run_id FROM undo_runs WHERE state = 'kept');
DELETE FROM undo_places WHERE undo_run_id NOT IN (SELECT run_id FROM undo_runs WHERE state = 'kept');
-- What a later pull rests on is still told from these.
DELETE FROM undo_pulled_tables
WHERE undo_run_id NOT IN (SELECT run_id FROM undo_runs WHERE state IN ('kept', 'forgotten'));
DELETE FROM undo_pulled_platforms
WHERE undo_run_id NOT IN (SELECT run_id FROM undo_runs WHERE state IN ('kept', 'forgotten'));
DELETE FROM undo_pull_state
WHERE undo_run_id NOT IN (SELECT run_id FROM undo_runs WHERE state IN ('kept', 'forgotten'));
