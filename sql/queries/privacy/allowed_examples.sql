-- Examples whose secrets are allowed.
SELECT example_id FROM privacy_allowed_examples ORDER BY example_id
