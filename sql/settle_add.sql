-- Stores what people agree on; one row per example.
INSERT INTO settled BY NAME FROM settling
