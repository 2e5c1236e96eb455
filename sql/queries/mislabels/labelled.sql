-- How many examples have a label; one row.
SELECT count(*) FROM examples WHERE trim(label) <> ''
