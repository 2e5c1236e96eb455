-- Forgets what people preferred.
DELETE FROM settled_pairs
