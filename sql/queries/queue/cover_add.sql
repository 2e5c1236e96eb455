-- Stores what was found out for a kind of work (an Arrow table registered as found).
INSERT INTO cover BY NAME SELECT *, $kind AS kind FROM found
