-- Stores points (an Arrow table registered as found); one row per input.
INSERT INTO map_points SELECT input_hash, x, y, fitted FROM found ORDER BY input_hash
