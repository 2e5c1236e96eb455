-- Forgets what was found out about texts that are gone.
DELETE FROM cover WHERE input_hash NOT IN (SELECT input_hash FROM inputs)
