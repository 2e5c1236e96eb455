-- Lists the refused documents of the pull; one row per document.
INSERT INTO rejects BY NAME
SELECT $source AS source, location, line, reason, detail, $run_id AS run_id FROM staging_rejects
ORDER BY file_number, line
