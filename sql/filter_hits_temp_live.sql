-- Adds what one live rule drops (an Arrow table registered as found); one row per example.
INSERT INTO hits
SELECT DISTINCT ON (example_id) example_id, $rule, reason, score, NULL, NULL FROM found ORDER BY example_id, reason
