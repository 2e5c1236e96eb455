-- The stored calls of some ids of a source; one row per call.
SELECT * FROM interactions WHERE source = $source AND source_id IN (SELECT unnest($ids))
