-- How far a stream of a platform has been read; at most one row.
SELECT reading, since, high, low, upto, cursor
FROM pulled_platforms
WHERE source = $source AND kind = $kind AND location = $location
