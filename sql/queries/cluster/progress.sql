-- How many inputs are in clusters, how many of them came after the fit, and how many inputs have no
-- vector; one row.
SELECT (SELECT count(*) FROM cluster_members) AS members,
       greatest(0, (SELECT count(*) FROM cluster_members) - (SELECT sum(fitted_inputs) FROM clusters)) AS later,
       (SELECT count(*) FROM inputs WHERE text <> '' AND input_hash NOT IN (SELECT input_hash FROM embeddings))
