-- How many examples the lowest rating takes out, or would: those that were rated lower, and unrated ones; one row.
SELECT count(*) FILTER (erased AND human_rating IS NOT NULL), count(*) FILTER (erased AND human_rating IS NULL)
FROM report_examples
