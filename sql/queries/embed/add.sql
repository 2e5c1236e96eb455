-- Stores vectors (an Arrow table registered as fresh); one row per input.
INSERT INTO embeddings SELECT input_hash, vector, truncated, false FROM fresh
