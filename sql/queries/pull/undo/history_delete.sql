-- Takes the former contents that a pull put into the history out of it.
DELETE FROM interaction_history WHERE replaced_run_id = $undone
