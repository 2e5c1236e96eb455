-- The staged interactions; one row per document and part of it.
FROM staging_interactions
