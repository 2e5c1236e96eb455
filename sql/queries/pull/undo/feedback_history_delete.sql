-- Takes what feedback said before a pull out of the history.
DELETE FROM feedback_history WHERE replaced_run_id = $undone
