-- Removes all edge cases before they are found anew.
DELETE FROM edges
