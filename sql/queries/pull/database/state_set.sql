-- Notes how far a table has been read.
INSERT OR REPLACE INTO pulled_tables
VALUES ($source, $kind, $location, $reading, $id_column, $cursor_column, $key_column, $high, $at_cursor, $at_key,
        $reader)
