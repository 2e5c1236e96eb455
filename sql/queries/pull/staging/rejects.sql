-- The staged rejects; one row per document or part of it.
FROM staging_rejects
