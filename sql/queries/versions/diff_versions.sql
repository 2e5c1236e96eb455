-- What moved between two versions; one row per example: id, added, removed, changed, moved (to the other
-- side) or cut (between train and validation), file, reason (for added: why it was out before; for
-- removed: why it is out now).
WITH a AS (FROM version_examples WHERE name = $a_name AND version = $a_version),
b AS (FROM version_examples WHERE name = $b_name AND version = $b_version)
SELECT coalesce(a.example_id, b.example_id) AS example_id,
       CASE WHEN a.line IS NULL THEN 'added' WHEN b.line IS NULL THEN 'removed'
            WHEN (a.side = 'test') <> (b.side = 'test') THEN 'moved'
            WHEN a.side <> b.side THEN 'cut' ELSE 'changed' END AS what,
       CASE WHEN b.line IS NOT NULL THEN b.side ELSE a.side END AS side,
       CASE WHEN a.line IS NULL THEN coalesce('was ' || a.reason, 'new')
            WHEN b.line IS NULL THEN coalesce(b.reason, 'gone') END AS reason
FROM a FULL JOIN b USING (example_id)
WHERE (a.line IS NOT NULL OR b.line IS NOT NULL)
  AND (a.line IS NULL OR b.line IS NULL OR a.side <> b.side OR a.row_hash <> b.row_hash)
ORDER BY 1
