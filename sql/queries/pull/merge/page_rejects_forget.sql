-- Forgets the rejects of rows that were read again and are not refused for the same reason.
DELETE FROM rejects r
WHERE r.source = $source AND r.location = $location
  AND r.row_key IN (
      SELECT row_key FROM staging_interactions
      UNION SELECT row_key FROM staging_feedback
      UNION SELECT row_key FROM staging_rejects
      UNION SELECT unnest($row_keys::VARCHAR[])  -- turns, which may have become part of a call
  )
  AND NOT EXISTS (
      FROM staging_rejects s
      WHERE (s.row_key, s.reason, s.detail) IS NOT DISTINCT FROM (r.row_key, r.reason, r.detail)
  )
RETURNING r.row_key
