-- How many files and tables an older reader has read; one row per source.
SELECT source, count(*)
FROM (
    SELECT source, reader FROM pulled_files
    UNION ALL
    SELECT source, reader FROM pulled_tables
)
WHERE coalesce(reader, 1) < $reader AND source = coalesce($source, source)
GROUP BY source
ORDER BY source
