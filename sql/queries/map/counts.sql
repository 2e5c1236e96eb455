-- How many inputs have a point, with how many of them the map was drawn, and how many inputs with a vector have none;
-- one row.
SELECT count(*), count(*) FILTER (fitted),
       (SELECT count(*) FROM embeddings WHERE input_hash NOT IN (SELECT input_hash FROM map_points))
FROM map_points
