-- Queues of a kind that wait to be handed over; one row per name, empty for the usual one.
SELECT DISTINCT queue FROM tasks WHERE kind = $kind AND state = 'queued' ORDER BY queue
