-- Forgets all pairs.
DELETE FROM pairs
