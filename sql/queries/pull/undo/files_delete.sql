-- Forgets the files that a pull read.
DELETE FROM pulled_files WHERE run_id = $undone
