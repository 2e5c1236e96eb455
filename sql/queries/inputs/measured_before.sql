-- Whether inputs were computed before; one row.
SELECT EXISTS (FROM example_inputs) OR EXISTS (FROM inputs)
