-- The staged documents of some ids; one row per document.
SELECT * FROM staging_interactions WHERE source_id IN (SELECT unnest($ids)) ORDER BY file_number, line, part
