-- Marks annotations that are no longer on the server.
UPDATE annotations SET withdrawn = true, run_id = $run_id
WHERE server = $server AND annotation_id IN (SELECT unnest($gone::BIGINT[]))
