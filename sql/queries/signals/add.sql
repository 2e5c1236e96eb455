-- Stores what was found (an Arrow table registered as found); one row per example and signal.
INSERT INTO signals
SELECT example_id, revision, signal, score, why FROM found ORDER BY signal, score, example_id
