-- Examples that raters, or those who gave labels at the source, see otherwise than each other.
-- serves: labels, answers
-- place: 6
-- edge case: disagreement
-- why ratings: raters disagree by {apart} of 5
-- why labels: raters disagree: {labels}
WITH ratings_apart AS (
    SELECT interaction_id AS example_id, 4 * (max(rating_norm) - min(rating_norm)) AS apart
    FROM feedback
    WHERE kind = 'rating' AND rating_norm IS NOT NULL AND rater_type IN ('human_user', 'human_expert')
    GROUP BY interaction_id
)
SELECT r.example_id, 1 - apart / 5 AS score, CASE v.side WHEN 'test' THEN 1 ELSE 6 END AS place,
       'ratings' AS because, round(apart, 1) AS apart, NULL AS labels
FROM ratings_apart r JOIN verdicts v USING (example_id)
WHERE apart >= 2 AND $about = 'answer'
UNION ALL
SELECT example_id, 0, CASE side WHEN 'test' THEN 1 ELSE 6 END, 'labels', NULL, labels
FROM disputed_labels JOIN verdicts USING (example_id)
WHERE $about = 'label'
