-- Forgets pairs of texts that are gone.
DELETE FROM semantic_pairs
WHERE a NOT IN (SELECT input_hash FROM inputs) OR b NOT IN (SELECT input_hash FROM inputs)
