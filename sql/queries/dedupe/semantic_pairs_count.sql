-- How many semantic pairs of inputs there are at a threshold; one row.
SELECT count(*) FROM semantic_pairs WHERE similarity >= $threshold
