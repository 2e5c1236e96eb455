-- How many pairs there are from a threshold on; one row.
SELECT count(*) FROM alike_inputs WHERE similarity >= $threshold AND difference IS NULL
