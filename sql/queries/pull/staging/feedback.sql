-- The staged feedback; one row per piece.
FROM staging_feedback
