-- How many examples a rating, or the want of one, takes out, whatever else does; one row per reason.
SELECT reason, count(DISTINCT example_id) AS examples
FROM excluded WHERE reason IN ('unrated', 'low_rating')
GROUP BY reason ORDER BY reason
