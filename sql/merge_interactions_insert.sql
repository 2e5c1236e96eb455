-- Stores the documents that are new or changed; one row per interaction.
INSERT INTO interactions BY NAME
SELECT * EXCLUDE (recency, was_new, pull, file_number, base_id, rating_value, rating_scale,
                  rating_norm, correction)
FROM incoming
WHERE recency = 1 AND interaction_id NOT IN (SELECT interaction_id FROM interactions)
ORDER BY interaction_id
