-- Marks all pulls as such that cannot be taken back any more.
UPDATE undo_runs SET state = 'forgotten' WHERE state = 'kept'
