-- What has been allowed and not withdrawn, and whether it still holds; the oldest first.
SELECT a.number, a.example_id, a.reason, strftime(r.started_at, '%Y-%m-%d') AS since,
       a.example_id IS NULL OR coalesce(e.revision = a.revision, false) AS holds
FROM privacy_allowed a
JOIN runs r USING (run_id)
LEFT JOIN examples e USING (example_id)
WHERE NOT a.withdrawn
ORDER BY a.number
