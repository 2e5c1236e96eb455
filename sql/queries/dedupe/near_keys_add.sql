-- Stores the keys of inputs (an Arrow table registered as found); one row per input.
INSERT INTO near_keys SELECT input_hash, keys FROM found
