-- Whether what people agree on has changed; one row.
SELECT EXISTS ((FROM settling EXCEPT FROM settled) UNION ALL (FROM settled EXCEPT FROM settling))
