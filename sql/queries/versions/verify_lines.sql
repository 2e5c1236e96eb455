-- The lines that a version was recorded with; one row per line and example in it.
SELECT side, line, example_id, row_hash
FROM version_examples
WHERE name = $name AND version = $version AND line IS NOT NULL
UNION
SELECT side, line, unnest(example_ids), row_hash
FROM version_lines
WHERE name = $name AND version = $version
ORDER BY 1, 2, 3
