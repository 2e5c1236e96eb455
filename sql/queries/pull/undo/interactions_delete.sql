-- Removes the interactions that a pull stored.
DELETE FROM interactions WHERE run_id = $undone
