-- Near-duplicate inputs that are stored; one row per pair.
SELECT a, b, difference FROM input_pairs
