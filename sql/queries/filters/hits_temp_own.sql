-- Adds what one of our own live rules drops (an Arrow table registered as found), each example once; one row
-- per example.
INSERT INTO hits SELECT example_id, $rule, reason, score, NULL, NULL, evidence FROM found
