-- Removes all semantic pairs before they are computed anew.
DELETE FROM semantic_pairs
