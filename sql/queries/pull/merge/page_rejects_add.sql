-- Lists the refused rows of a page that are not listed; one row per row of the table.
INSERT INTO rejects BY NAME
SELECT DISTINCT $source AS source, s.location, s.reason, s.detail, s.row_key, $run_id AS run_id
FROM staging_rejects s
WHERE NOT EXISTS (
    FROM rejects r
    WHERE r.source = $source AND r.location = s.location
      AND (s.row_key, s.reason, s.detail) IS NOT DISTINCT FROM (r.row_key, r.reason, r.detail)
)
ORDER BY s.row_key, s.reason, s.detail
RETURNING row_key
