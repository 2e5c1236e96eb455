-- Adds a chunk (an Arrow table registered as chunk) to the staged feedback.
INSERT INTO staging_feedback BY NAME SELECT * FROM chunk
