-- Replaces the inputs that are computed anew (an Arrow table registered as fresh).
-- Removes the inputs that are computed anew.
DELETE FROM example_inputs WHERE example_id IN (SELECT example_id FROM fresh);
-- Stores computed inputs (an Arrow table registered as fresh); one row per example.
INSERT INTO example_inputs BY NAME SELECT example_id, revision, input_hash, example_hash, template FROM fresh;
-- Stores input texts that are new (an Arrow table registered as fresh); one row per text.
INSERT INTO inputs
SELECT DISTINCT ON (input_hash) input_hash, text, words, false
FROM fresh
WHERE input_hash NOT IN (SELECT input_hash FROM inputs);
