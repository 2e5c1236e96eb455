-- What is told of rejects with a piece of the file; one row per text.
SELECT DISTINCT detail FROM rejects WHERE reason IN ('bad-json', 'bad-row') AND detail IS NOT NULL ORDER BY detail
