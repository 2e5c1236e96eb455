-- Forgets the ids that were kept when a pull read places in another way.
DELETE FROM kept_ids WHERE run_id = $undone
