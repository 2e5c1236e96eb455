-- Keeps the rejects of rows of a page that are not refused for the same reason again; one row each.
INSERT INTO undo_rejects BY NAME
SELECT $run_id AS undo_run_id, r.*
FROM rejects r
WHERE r.source = $source AND r.location = $location AND r.run_id <> $run_id
  AND r.row_key IN (
      SELECT row_key FROM staging_interactions
      UNION SELECT row_key FROM staging_feedback
      UNION SELECT row_key FROM staging_rejects
  )
  AND NOT EXISTS (
      FROM staging_rejects s
      WHERE (s.row_key, s.reason, s.detail) IS NOT DISTINCT FROM (r.row_key, r.reason, r.detail)
  )
