-- The examples to judge; one row per example.
SELECT * FROM candidates
