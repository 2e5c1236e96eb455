-- Whether ratings that a table gave are stored; one row.
SELECT count(*) > 0 FROM feedback WHERE source = $source AND location = $location AND kind = 'rating'
