-- Documents that were refused; one row per document.
SELECT source, location, line, reason, detail FROM rejects ORDER BY location, line LIMIT $limit
