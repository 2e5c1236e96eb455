-- Withdraws what followed from annotations that are about to change (table fresh) or are gone.
UPDATE decisions SET withdrawn = true, withdrawn_run_id = $run_id
WHERE server = $server AND NOT withdrawn
  AND annotation_id IN (SELECT annotation_id FROM fresh UNION ALL SELECT unnest($gone::BIGINT[]))
