-- Marks inputs (an Arrow table registered as found) as covered by the semantic pairs.
UPDATE embeddings SET paired = true WHERE input_hash IN (SELECT input_hash FROM found)
