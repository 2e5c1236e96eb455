-- The columns of a PostgreSQL table that hold no nulls; one row per column.
SELECT attname::TEXT
FROM pg_attribute
WHERE attrelid = $1::BIGINT::OID AND attnum > 0 AND attnotnull AND NOT attisdropped
