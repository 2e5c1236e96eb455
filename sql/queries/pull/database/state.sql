-- How far a table has been read; at most one row.
SELECT reading, id_column, cursor_column, key_column, high, at_cursor, at_key, reader
FROM pulled_tables
WHERE source = $source AND kind = $kind AND location = $location
