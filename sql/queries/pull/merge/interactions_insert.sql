-- Stores the documents that are new or changed; one row per interaction.
INSERT INTO interactions BY NAME
SELECT s.* EXCLUDE (pull, file_number, part, row_key, base_id, rating_value, rating_scale, rating_norm,
                    correction)
           REPLACE (n.source_id AS source_id, n.place AS line),
       n.interaction_id, $source AS source, $run_id AS run_id
FROM incoming n
JOIN staging_interactions s USING (file_number, line, part)
WHERE n.recency = 1 AND n.state <> 'unchanged'
