-- What is staged: calls and feedback, refused documents, and those whose shape or columns nobody
-- understood with the detail of the first; one row.
SELECT (SELECT count(*) FROM staging_interactions) + (SELECT count(*) FROM staging_feedback),
       count(*),
       count(*) FILTER (reason IN ('unknown-shape', 'no-key', 'no-feedback', 'no-conversation')),
       arg_min(reason || coalesce(': ' || nullif(detail, ''), ''), (file_number, line))
FROM staging_rejects
