-- Stores conversations found by hash chain (an Arrow table registered as found).
INSERT INTO conversations SELECT example_id, conversation_id FROM found ORDER BY example_id
