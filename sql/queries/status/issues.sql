-- Suspected problems that a person should look at; one row per kind.
SELECT kind, count(*) FROM issues GROUP BY kind ORDER BY count(*) DESC, kind
