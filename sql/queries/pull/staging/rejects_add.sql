-- Adds a chunk (an Arrow table registered as chunk) to the staged rejects.
INSERT INTO staging_rejects BY NAME SELECT * FROM chunk
