-- How many examples there are to judge, and the first run that stored one of them; one row.
SELECT count(*), min(pulled_by) FROM unjudged
