-- Stores what one rule hits (an Arrow table registered as found); one row per example.
INSERT INTO filter_hits
SELECT DISTINCT ON (example_id) example_id, $rule, reason, score FROM found ORDER BY example_id, reason
