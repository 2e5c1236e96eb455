-- Removes all near-duplicate pairs before they are computed anew.
DELETE FROM input_pairs
