-- How much longer the better answers are, in characters; one row per prompt with kept pairs: how many,
-- the share whose better answer is longer, the sum of the logarithms of the ratio of the lengths.
SELECT coalesce(v.prompt_hash, v.pair_id) AS prompt, count(*) AS pairs,
       sum((1 + sign(length(c.response) - length(r.response))) / 2) AS longer,
       sum(ln(length(c.response) / length(r.response))) AS log_ratio
FROM pair_verdicts v
JOIN examples c ON c.example_id = v.chosen_id
JOIN interactions r ON r.interaction_id = v.rejected_id
WHERE v.reason IS NULL AND length(c.response) > 0 AND length(r.response) > 0
GROUP BY prompt
ORDER BY prompt
