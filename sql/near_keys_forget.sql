-- Forgets keys of texts that are gone.
DELETE FROM near_keys WHERE input_hash NOT IN (SELECT input_hash FROM inputs)
