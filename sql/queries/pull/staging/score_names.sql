-- The names of scores that staged ratings by people have; one row per name, the most frequent first.
SELECT coalesce(name, '') AS name, count(*)
FROM staging_feedback
WHERE kind = 'rating' AND rater_type IN ('human_user', 'human_expert')
GROUP BY ALL
ORDER BY count(*) DESC, name
