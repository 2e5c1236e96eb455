-- How many examples are out by a method; one row.
SELECT count(*) FROM duplicates WHERE method = $method
