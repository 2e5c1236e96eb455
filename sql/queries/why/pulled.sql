-- Where the example was pulled from; one row.
SELECT i.location, i.line, i.run_id, r.started_at AS pulled_at
FROM interactions i JOIN runs r USING (run_id)
WHERE i.interaction_id = $id
