-- How many rows are gone, of how many that are here; one row. A rating that is not here may stand
-- among the rejects or wait for its call, so none are counted as missing.
SELECT (SELECT count(*) FROM gone),
       (SELECT count(*) FROM feedback WHERE source = $source AND location = $location), 0
