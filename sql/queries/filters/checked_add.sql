-- Marks the examples that were judged, with the revision that was.
INSERT INTO filter_checked SELECT example_id, revision FROM candidates ORDER BY example_id
