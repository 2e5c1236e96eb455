-- How many examples there are to judge; one row.
SELECT count(*) FROM unjudged
