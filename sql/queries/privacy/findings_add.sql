-- Stores what was found (an Arrow table registered as found); one row per place.
INSERT INTO privacy_findings
SELECT example_id, field, start, stop, kind, detector, score, is_secret, value_key, $run_id FROM found
ORDER BY example_id, field, start
