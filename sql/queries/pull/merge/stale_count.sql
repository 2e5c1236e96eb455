-- How many interactions the merge has withdrawn; one row.
SELECT count(*) FROM stale
