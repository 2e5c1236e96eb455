-- How many examples these detectors have not looked through as they are now.
SELECT count(*)
FROM examples e
LEFT JOIN privacy_checked c ON c.example_id = e.example_id AND c.revision = e.revision AND c.detectors = $detectors
WHERE c.example_id IS NULL
