-- Stores what was found (an Arrow table registered as found); one row per example and kind.
INSERT INTO edges
SELECT example_id, kind, given, score, why FROM found ORDER BY example_id, kind
