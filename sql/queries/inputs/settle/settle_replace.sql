-- Replaces what people agreed on and preferred by what was settled now.
-- Forgets what people agreed on.
DELETE FROM settled;
-- Stores what people agree on; one row per example.
INSERT INTO settled BY NAME FROM settling;
-- Forgets what people preferred.
DELETE FROM settled_pairs;
-- Stores what people prefer; one row per pair.
INSERT INTO settled_pairs BY NAME FROM settling_pairs;
