-- Adds the duplicates to the reasons; one row per example.
INSERT INTO excluded
SELECT example_id, 'duplicate', 'dedupe', 2000, 'input', 'exact duplicate of ' || survivor FROM duplicates
