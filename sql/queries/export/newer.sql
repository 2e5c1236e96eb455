-- How many train examples are newer than the oldest held-out one (table kept), by time; one row.
SELECT count(*)
FROM kept k JOIN examples e USING (example_id)
WHERE k.side = 'train' AND e.created_at > (
    SELECT min(t.created_at) FROM kept h JOIN examples t USING (example_id) WHERE h.side = 'test'
)
