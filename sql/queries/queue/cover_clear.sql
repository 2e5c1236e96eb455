-- Forgets what was found out for a kind of work.
DELETE FROM cover WHERE kind = $kind
