-- What a version was recorded to be judged by: the similarity of inputs from which on they leak, and the
-- measure of it; one row.
SELECT (settings->>'$.leak_threshold')::DOUBLE, coalesce((settings->>'$.measure')::INTEGER, 1)
FROM versions WHERE name = $name AND version = $version
