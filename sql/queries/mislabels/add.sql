-- Stores what was found (an Arrow table registered as found); one row per example.
INSERT INTO mislabels
SELECT example_id, given, suggested, score, probability, given_probability, tier, nearest, like_given,
       like_suggested, similarity
FROM found
ORDER BY example_id
