-- Marks examples as looked through (an Arrow table registered as looked_at).
INSERT INTO privacy_checked SELECT example_id, revision, $detectors FROM looked_at ORDER BY example_id
