-- Adds a chunk (an Arrow table registered as chunk) to the staged interactions.
INSERT INTO staging_interactions BY NAME SELECT * FROM chunk
