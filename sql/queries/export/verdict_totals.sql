-- How many examples there are, and how many held-out ones wait for a good answer; one row.
SELECT count(*), count(*) FILTER (pending) FROM verdicts
