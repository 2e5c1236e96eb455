-- Keeps what annotations said that are about to change (an Arrow table registered as fresh) or are gone.
INSERT INTO annotation_history
SELECT *, $run_id FROM annotations
WHERE server = $server
  AND annotation_id IN (SELECT annotation_id FROM fresh UNION ALL SELECT unnest($gone::BIGINT[]))
