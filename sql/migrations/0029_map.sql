-- The map: inputs as points of a plane, so that inputs of like meaning lie side by side.

CREATE TABLE map_points (input_hash VARCHAR NOT NULL, x FLOAT NOT NULL, y FLOAT NOT NULL, fitted BOOLEAN NOT NULL);
COMMENT ON TABLE map_points IS 'Where each input lies on the map of the vectors in force; a point stays until the map is drawn anew.';
COMMENT ON COLUMN map_points.fitted IS 'Whether the map was drawn with it; others were placed among these later.';
