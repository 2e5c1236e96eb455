-- Forgets what people agreed on.
DELETE FROM settled
