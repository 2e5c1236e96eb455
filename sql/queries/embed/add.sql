-- Stores vectors (an Arrow table registered as fresh); one row per input.
INSERT INTO embeddings SELECT input_hash, vector, windowed, false FROM fresh
