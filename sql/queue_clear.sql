-- Empties the queue of a kind; what was handed over stays in the ledger.
DELETE FROM tasks WHERE kind = $kind AND state = 'queued'
