-- How far the staged pull has come; one row: file number and line of its last document.
SELECT coalesce(max(position.file_number), -1), coalesce(max(position.line), -1)
FROM (
    SELECT max({file_number: file_number, line: line}) AS position FROM (
        SELECT file_number, line FROM staging_interactions
        UNION ALL SELECT file_number, line FROM staging_feedback
        UNION ALL SELECT file_number, line FROM staging_rejects
    )
)
