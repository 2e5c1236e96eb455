-- Forgets the rejects of rows that the table no longer has.
DELETE FROM rejects
WHERE source = $source AND location = $location AND row_key NOT IN (SELECT row_key FROM present)
RETURNING row_key
