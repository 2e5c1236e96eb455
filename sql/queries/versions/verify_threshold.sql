-- The similarity of inputs from which on a version was recorded to leak; one row.
SELECT (settings->>'$.leak_threshold')::DOUBLE FROM versions WHERE name = $name AND version = $version
