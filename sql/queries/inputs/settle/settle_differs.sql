-- Whether what people agree on has changed; one row.
SELECT EXISTS ((FROM settling EXCEPT FROM settled) UNION ALL (FROM settled EXCEPT FROM settling))
    OR EXISTS ((FROM settling_pairs EXCEPT FROM settled_pairs) UNION ALL
               (FROM settled_pairs EXCEPT FROM settling_pairs))
