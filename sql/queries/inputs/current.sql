-- Whether the last command (before $run_id, unless that is null) left all inputs as the calls have them: a finished
-- one of this version that brings inputs up to date, and changes nothing that they are made of afterwards; one row.
-- The run under way is to be such a command, too: any other may have changed something already. `filter` and
-- `evaluate` neither read nor change any input.
WITH last AS (
    SELECT run_id, command, finished_at, curate_version FROM runs
    WHERE (run_id < $run_id OR $run_id IS NULL) AND command NOT IN ('filter', 'evaluate')
    ORDER BY run_id DESC LIMIT 1
),
concerned AS (
    SELECT command, finished_at IS NOT NULL AND curate_version = $version AS is_done FROM last
    UNION ALL
    SELECT command, true FROM runs WHERE run_id = $run_id
)
SELECT coalesce(bool_and(is_done AND command IN ('pull', 'embed', 'dedupe', 'cluster', 'mislabels', 'signals', 'queue')),
                false)
       AND EXISTS (FROM last)
       AND NOT EXISTS (FROM settings WHERE name = 'inputs_due')
FROM concerned
