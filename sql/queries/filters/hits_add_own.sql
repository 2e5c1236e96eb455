-- Stores what one of our own rules hits (an Arrow table registered as found), each example once; one row per
-- example.
INSERT INTO filter_hits SELECT example_id, $rule, reason, score FROM found ORDER BY example_id
