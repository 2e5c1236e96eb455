-- Stores computed inputs (an Arrow table registered as fresh); one row per example.
INSERT INTO example_inputs SELECT example_id, revision, input_hash, example_hash FROM fresh
