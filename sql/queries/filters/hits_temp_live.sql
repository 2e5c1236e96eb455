-- Adds what a live rule of the project drops, whatever it returns (an Arrow table registered as found);
-- one row per example.
INSERT INTO hits
SELECT DISTINCT ON (i.interaction_id) i.interaction_id, $rule, coalesce(f.reason::VARCHAR, $rule),
       try_cast(f.score AS DOUBLE), NULL, NULL, NULL
FROM found f
JOIN interactions i ON i.interaction_id = f.example_id::VARCHAR
ORDER BY i.interaction_id, f.reason::VARCHAR, try_cast(f.score AS DOUBLE)
