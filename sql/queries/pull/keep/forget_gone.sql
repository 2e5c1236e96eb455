-- Marks pulls that cannot be taken back, since rows that they replaced are gone from the source.
UPDATE undo_runs SET state = 'forgotten'
WHERE state = 'kept' AND (run_id = $run_id OR run_id IN (
    SELECT undo_run_id FROM undo_interactions WHERE interaction_id IN (SELECT id FROM gone)
    UNION SELECT undo_run_id FROM undo_interaction_history WHERE interaction_id IN (SELECT id FROM gone)
    UNION SELECT undo_run_id FROM undo_feedback
          WHERE feedback_id IN (SELECT id FROM gone) OR interaction_id IN (SELECT id FROM gone)
    UNION SELECT undo_run_id FROM undo_feedback_history
          WHERE feedback_id IN (SELECT id FROM gone) OR interaction_id IN (SELECT id FROM gone)
))
