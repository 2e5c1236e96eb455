-- Stores the neighbours of what a model failed (an Arrow table registered as found).
INSERT INTO failure_neighbours SELECT example_id, failed_id, similarity FROM found
