-- How many tasks of a queue were handed over; one row.
SELECT count(*) FROM tasks WHERE kind = $kind AND queue = $queue AND state = 'sent'
