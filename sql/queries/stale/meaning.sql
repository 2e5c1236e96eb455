-- How far the stages that rest on meaning have come; one row.
SELECT (SELECT count(*) FROM embeddings) AS embedded,
       (SELECT count(*) FROM inputs WHERE text <> ''
        AND input_hash NOT IN (SELECT input_hash FROM embeddings)) AS unembedded,
       (SELECT count(*) FROM embeddings WHERE NOT paired) AS unpaired,
       (SELECT count(*) FROM embeddings
        WHERE input_hash NOT IN (SELECT input_hash FROM cluster_members)) AS unclustered
