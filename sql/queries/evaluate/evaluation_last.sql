-- What was said of a version with the same settings and answers; one row where there is any.
SELECT result FROM evaluations
WHERE name = $name AND version = $version AND settings = $settings
ORDER BY run_id DESC LIMIT 1
