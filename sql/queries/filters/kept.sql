-- How many examples there are, and how many no rule drops; one row.
SELECT count(*), count(*) FILTER (example_id NOT IN (SELECT example_id FROM hits)) FROM examples
