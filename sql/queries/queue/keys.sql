-- The queue of a kind; one row per entry, in order.
SELECT task_key, place, why FROM tasks WHERE kind = $kind AND state = 'queued' ORDER BY place
