-- Stores what people prefer; one row per pair.
INSERT INTO settled_pairs BY NAME FROM settling_pairs
