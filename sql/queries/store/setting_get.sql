-- The stored settings of one stage; at most one row.
SELECT value FROM settings WHERE name = $name
