-- How many labels are under suspicion (temporary table suspects), how many of them were rated low, and how many are
-- contested, by what the model says of them; one row per side.
SELECT side, count(*) AS found, count(rating) AS rated, count(contested) AS contested,
       count(contested) FILTER (tier = 'likely') AS likely, count(contested) FILTER (tier = 'possible') AS possible
FROM suspects GROUP BY side ORDER BY side
