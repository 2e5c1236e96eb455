-- Marks all vectors as not covered by the semantic pairs.
UPDATE embeddings SET paired = false WHERE paired
