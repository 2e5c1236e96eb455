-- Whether a SQLite table has an index that begins with the cursor and the key, or needs or can have
-- none (a row id, a view); one row.
SELECT EXISTS (
    SELECT 1
    FROM pragma_index_list($table) l
    WHERE l.partial = 0
      AND (SELECT name FROM pragma_index_info(l.name) WHERE seqno = 0) = $cursor
      AND ($cursor = $key OR (SELECT name FROM pragma_index_info(l.name) WHERE seqno = 1) = $key)
) OR EXISTS (SELECT 1 FROM sqlite_master WHERE name = $table AND type = 'view')
  OR EXISTS (SELECT 1 FROM pragma_table_info($table) WHERE $cursor = $key AND name = $key AND pk = 1)
