-- What equal examples share; one row per distinct content of the project's own examples.
SELECT DISTINCT example_hash FROM example_inputs ORDER BY example_hash
