-- Removes all memberships before a refit makes new ones.
DELETE FROM cluster_members
