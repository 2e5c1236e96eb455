-- Forgets vectors of texts that are gone.
DELETE FROM embeddings WHERE input_hash NOT IN (SELECT input_hash FROM inputs)
