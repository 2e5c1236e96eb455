-- Removes what was said of answers before it is said anew.
DELETE FROM signals
