-- Classes in use (temporary table labels_today): examples on either side, labels up for judgement with a
-- vector, and how many of them are suspected; one row per class.
SELECT label,
       count(*) FILTER (side = 'train') AS train,
       count(*) FILTER (side = 'test') AS test,
       count(*) FILTER (aside IS NULL AND readable) AS judged,
       count(*) FILTER (aside IS NULL AND tier = 'likely') AS likely,
       count(*) FILTER (aside IS NULL AND tier = 'possible') AS possible,
       count(*) FILTER (aside IS NULL AND tier = 'contested') AS contested
FROM labels_today
WHERE label IS NOT NULL AND (aside IS NULL OR aside = 'labelled by hand')
GROUP BY label
ORDER BY label
