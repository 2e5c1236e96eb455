-- How many preference pairs there are, and how many of them are ready, by side; one row.
SELECT count(*), count(*) FILTER (reason IS NULL AND side = 'train'),
       count(*) FILTER (reason IS NULL AND side = 'test')
FROM pair_verdicts
