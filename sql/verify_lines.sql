-- The lines that a version was recorded with; one row per line.
SELECT side, line, example_id, row_hash
FROM version_examples
WHERE name = $name AND version = $version AND line IS NOT NULL
ORDER BY side, line
