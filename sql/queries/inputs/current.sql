-- Whether the last command (before $run_id, unless that is null) left all inputs as the calls have them: a finished
-- one of this version that brings inputs up to date, and changes nothing that they are made of afterwards; one row.
-- `filter` neither reads nor changes any.
SELECT coalesce(bool_and(command IN ('pull', 'embed', 'dedupe', 'cluster', 'mislabels', 'signals', 'queue')
                         AND finished_at IS NOT NULL AND curate_version = $version), false)
       AND NOT EXISTS (FROM settings WHERE name = 'inputs_due')
FROM (
    SELECT command, finished_at, curate_version FROM runs
    WHERE (run_id < $run_id OR $run_id IS NULL) AND command <> 'filter'
    ORDER BY run_id DESC LIMIT 1
)
