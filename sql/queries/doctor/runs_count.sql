-- How many commands wrote to this store; one row.
SELECT count(*) FROM runs
