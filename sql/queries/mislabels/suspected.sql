-- How many labels are under suspicion (temporary table suspects), and how many of them were rated low.
SELECT count(*), count(rating) FROM suspects
