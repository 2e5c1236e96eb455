-- How many tasks of a kind were handed over; one row.
SELECT count(*) FROM tasks WHERE kind = $kind AND state = 'sent'
