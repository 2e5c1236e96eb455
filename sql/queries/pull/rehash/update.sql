-- Stores metadata whose users are hashed (an Arrow table registered as mended).
UPDATE calls SET metadata = m.metadata, row_hash = m.row_hash
FROM mended m WHERE calls.interaction_id = m.interaction_id
