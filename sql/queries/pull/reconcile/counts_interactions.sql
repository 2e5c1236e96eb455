-- How many rows are gone, of how many that are here, and how many the table has that are not here
-- though they lie before the watermark; one row.
SELECT (SELECT count(*) FROM gone),
       (SELECT count(*) FROM interactions WHERE source = $source AND location = $location),
       (SELECT count(DISTINCT id) FROM present
        WHERE covered AND id NOT IN (SELECT source_id FROM interactions WHERE source = $source)
          AND row_key NOT IN (
              SELECT row_key FROM rejects
              WHERE source = $source AND location = $location AND row_key IS NOT NULL))
