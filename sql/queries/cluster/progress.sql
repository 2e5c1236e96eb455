-- How many inputs are in clusters, how many of them came after the fit, how many inputs have no vector, and how
-- many the clusters were found in, null where these were all; one row. The settings say how many there were.
WITH fit AS (
    SELECT sum(fitted_inputs) AS fitted,
           (SELECT (value ->> 'inputs')::BIGINT FROM settings WHERE name = 'clusters') AS inputs
    FROM clusters
)
SELECT (SELECT count(*) FROM cluster_members) AS members,
       greatest(0, (SELECT count(*) FROM cluster_members) - coalesce(inputs, fitted)) AS later,
       (SELECT count(*) FROM inputs WHERE text <> '' AND input_hash NOT IN (SELECT input_hash FROM embeddings)),
       CASE WHEN inputs IS NOT NULL THEN fitted END::BIGINT AS found_in
FROM fit
