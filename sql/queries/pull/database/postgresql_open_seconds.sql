-- Age of the oldest open transaction of the database that has written or may write; one row.
SELECT extract(epoch FROM max(clock_timestamp() - xact_start))::FLOAT8
FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
  AND (backend_xid IS NOT NULL OR state LIKE 'idle in transaction%')
