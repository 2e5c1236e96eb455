-- How many examples are judged otherwise than when the pairs were made; one row.
SELECT count(*) FROM changed
