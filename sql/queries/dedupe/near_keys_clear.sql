-- Removes all keys before they are computed anew.
DELETE FROM near_keys
