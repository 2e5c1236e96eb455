-- How many examples meet all conditions; one row.
SELECT count(*) FROM matching
