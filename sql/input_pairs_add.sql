-- Stores near-duplicate pairs of inputs (an Arrow table registered as found); one row per pair.
INSERT INTO input_pairs SELECT a, b, similarity FROM found
