-- PostgreSQL's tables and views; one row each: its oid, its quoted name, its name for a person.
SELECT c.oid::BIGINT, quote_ident(n.nspname) || '.' || quote_ident(c.relname),
       CASE WHEN n.nspname = 'public' THEN '' ELSE n.nspname || '.' END || c.relname
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND n.nspname <> 'information_schema'
  AND left(n.nspname, 3) <> 'pg_'
ORDER BY n.nspname <> 'public', 2
