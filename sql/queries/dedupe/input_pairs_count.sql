-- How many near-duplicate pairs of inputs there are at a threshold; one row.
SELECT count(*) FROM input_pairs WHERE similarity >= $threshold
