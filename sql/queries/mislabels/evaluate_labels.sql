-- The labels that there are: listed in curate.toml, or in use (temporary table labels_today); one row each.
SELECT unnest((value->'$.labels')::VARCHAR[]) AS label FROM settings WHERE name = 'project'
UNION
SELECT label FROM labels_today WHERE label IS NOT NULL
ORDER BY label
