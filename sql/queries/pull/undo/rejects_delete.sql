-- Takes the documents that a pull refused off the list.
DELETE FROM rejects WHERE run_id = $undone
