-- The pairs of one method (an Arrow table registered as trial); one row per pair.
CREATE OR REPLACE TEMP TABLE trial_pairs AS
SELECT least(one, other) AS a, greatest(one, other) AS b, similarity, difference, $method AS method FROM trial
