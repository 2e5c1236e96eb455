-- Stores vectors of answers (an Arrow table registered as fresh); one row per answer.
INSERT INTO answer_vectors SELECT answer_hash, vector FROM fresh
