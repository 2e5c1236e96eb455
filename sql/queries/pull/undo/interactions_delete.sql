-- Removes the interactions that a pull stored.
DELETE FROM calls WHERE run_id = $undone
