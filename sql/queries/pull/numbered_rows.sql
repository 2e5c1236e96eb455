-- Whether files of a source have rows that are numbered for want of an id; one row.
SELECT count(*) > 0
FROM interactions
WHERE source = $source AND list_contains($locations, location)
  AND regexp_full_match(source_id, '[0-9a-f]{32}#\d+')
