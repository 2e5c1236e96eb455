-- Marks annotations that are no longer on the server.
UPDATE annotations SET withdrawn = true, run_id = $run_id
WHERE server = $server AND list_contains($gone::BIGINT[], annotation_id)
