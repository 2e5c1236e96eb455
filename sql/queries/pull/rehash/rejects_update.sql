-- Stores what is told of rejects without users' ids (an Arrow table registered as mended).
UPDATE rejects SET detail = m.new FROM mended m WHERE rejects.detail = m.old
