-- Stores semantic pairs of inputs (an Arrow table registered as found); one row per pair.
INSERT INTO semantic_pairs SELECT least(one, other), greatest(one, other), similarity, difference FROM found
