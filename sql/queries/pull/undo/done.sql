-- Notes that a pull has been taken back, and by which run.
UPDATE undo_runs SET state = 'undone', undone_run_id = $run_id WHERE run_id = $undone
