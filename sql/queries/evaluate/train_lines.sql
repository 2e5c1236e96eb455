-- The train examples of a version with their lines, by line; one row per line that is one example.
SELECT line, example_id FROM version_examples
WHERE name = $name AND version = $version AND side = 'train' AND line IS NOT NULL
ORDER BY line
