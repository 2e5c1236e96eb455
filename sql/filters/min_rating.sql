-- Drops examples that no human rated, and examples that humans rated low. A corrected answer counts
-- as verified, and so does an example that came with a split of its own. Not for classification,
-- where a low rating is evidence of a wrong label.
-- when: live
-- judges: answer
-- $min_rating number = 4: lowest human rating that is kept, 1 to 5
-- $unrated drop|keep = drop: what happens to examples without a human rating
SELECT example_id,
       CASE WHEN human_rating IS NULL THEN 'unrated' ELSE 'low_rating' END AS reason,
       human_rating AS score
FROM candidates
WHERE task <> 'classification' AND NOT corrected
  AND CASE WHEN human_rating IS NULL THEN $unrated = 'drop' AND given_split IS NULL
           ELSE human_rating < $min_rating END
