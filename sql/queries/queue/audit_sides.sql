-- How many candidates of each side an audit can draw; one row.
SELECT count(*) FILTER (side = 'test'), count(*) FILTER (side = 'train')
FROM askable WHERE kept AND round = 1
