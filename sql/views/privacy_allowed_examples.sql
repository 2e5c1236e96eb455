-- The examples whose secrets have been dealt with, as they are now; one row per example.
CREATE OR REPLACE VIEW privacy_allowed_examples AS
SELECT DISTINCT a.example_id
FROM privacy_allowed a
JOIN examples e ON e.example_id = a.example_id AND e.revision = a.revision
WHERE NOT a.withdrawn;
COMMENT ON VIEW privacy_allowed_examples IS 'Examples whose secrets have been dealt with, as they are now.';
