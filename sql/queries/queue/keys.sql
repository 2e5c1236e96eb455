-- A queue; one row per entry, in order.
SELECT task_key, place, why FROM tasks WHERE kind = $kind AND queue = $queue AND state = 'queued' ORDER BY place
