-- What changes with every run that changed something, and with every migration: the last run that is
-- not known to have changed nothing (a killed one is not), the present one aside; one row.
SELECT (SELECT max(run_id) FROM runs WHERE outcome IS DISTINCT FROM 'unchanged' AND run_id IS DISTINCT FROM $run) AS run_id,
       (SELECT md5(string_agg(name || sha256, ',' ORDER BY name)) FROM _migrations) AS migrations
