-- The findings of personal data and secrets without the values that are allowed; one row per finding.
CREATE OR REPLACE VIEW privacy_open AS
SELECT * FROM privacy_findings
WHERE value_key NOT IN (SELECT value_key FROM privacy_allowed WHERE NOT withdrawn AND value_key IS NOT NULL);
COMMENT ON VIEW privacy_open IS 'What was found, without the values that are allowed.';
