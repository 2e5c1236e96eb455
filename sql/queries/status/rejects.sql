-- Documents that were refused; one row per document, all where the limit is null.
SELECT source, location || coalesce(' ' || row_key, '') AS location, line, reason, detail
FROM rejects
ORDER BY location, line, row_key
LIMIT $limit
