-- Empties a queue, and takes out what is about to be queued again (an Arrow table registered as
-- entries) since the server no longer has it; everything else that was handed over stays in the ledger.
DELETE FROM tasks
WHERE kind = $kind AND (state = 'queued' AND queue = $queue OR (state = 'gone' AND task_key IN (SELECT task_key FROM entries)))
