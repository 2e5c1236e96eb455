-- Ratings by people who are told apart, from 1 to 5; one row per rater and example.
SELECT rater_key, interaction_id AS example_id, avg(1 + 4 * rating_norm) AS rating
FROM feedback
WHERE kind = 'rating' AND rating_norm IS NOT NULL AND rater_key IS NOT NULL
  AND rater_type IN ('human_user', 'human_expert')
GROUP BY rater_key, interaction_id
ORDER BY rater_key, interaction_id
