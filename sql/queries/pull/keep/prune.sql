-- Marks the pulls of which nothing need be kept: all but the last ones, and those that changed nothing
-- in the end.
UPDATE undo_runs SET state = 'pruned'
WHERE state = 'kept' AND (
    run_id NOT IN (SELECT run_id FROM undo_runs WHERE state = 'kept' ORDER BY run_id DESC LIMIT $pulls)
    OR run_id IN (SELECT run_id FROM runs WHERE outcome = 'unchanged')
)
