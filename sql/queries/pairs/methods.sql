-- What each method found and what is kept of it; one row per method. Longer is the share of kept
-- pairs whose better answer is longer, a half for those of one length.
SELECT v.method, count(*) AS found, count(*) FILTER (v.reason IS NULL AND v.side = 'train') AS train,
       count(*) FILTER (v.reason IS NULL AND v.side = 'test') AS test,
       avg(v.margin) FILTER (v.reason IS NULL) AS margin,
       avg((1 + sign(length(c.response) - length(r.response))) / 2) FILTER (v.reason IS NULL) AS longer
FROM pair_verdicts v
LEFT JOIN examples c ON c.example_id = v.chosen_id
LEFT JOIN interactions r ON r.interaction_id = v.rejected_id
GROUP BY v.method
ORDER BY found DESC, v.method
