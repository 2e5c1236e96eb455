-- How many examples there are.
SELECT count(*) FROM examples
