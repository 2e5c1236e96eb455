-- Removes the map before it is drawn anew.
DELETE FROM map_points
