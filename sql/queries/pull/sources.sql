-- The sources that have interactions; one row per name.
SELECT DISTINCT source FROM interactions ORDER BY source
