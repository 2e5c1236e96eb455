-- Whether a PostgreSQL table has an index that begins with the cursor and the key, or cannot have
-- one (a view); one row.
SELECT EXISTS (
    SELECT 1
    FROM pg_index i
    JOIN pg_class x ON x.oid = i.indexrelid
    JOIN pg_am a ON a.oid = x.relam
    WHERE i.indrelid = $1::BIGINT::OID AND i.indisvalid AND i.indpred IS NULL AND a.amname = 'btree'
      AND pg_get_indexdef(i.indexrelid, 1, true) = quote_ident($2::TEXT)
      AND ($2::TEXT = $3::TEXT OR pg_get_indexdef(i.indexrelid, 2, true) = quote_ident($3::TEXT))
) OR EXISTS (SELECT 1 FROM pg_class WHERE oid = $1::BIGINT::OID AND relkind NOT IN ('r', 'p', 'm'))
