-- Removes all clusters before a refit stores the new ones.
DELETE FROM clusters
