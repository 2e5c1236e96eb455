-- What deduplication finds today; one row of counts.
SELECT (SELECT count(*) FROM examples) AS examples,
       (SELECT count(DISTINCT input_hash) FROM example_inputs) AS inputs,
       (SELECT count(*) FROM duplicates WHERE method = 'exact') AS exact_dropped,
       (SELECT count(*) FROM duplicates WHERE method = 'near') AS near_dropped,
       (SELECT count(*) FROM duplicates WHERE method = 'semantic') AS semantic_dropped,
       (SELECT count(*) FROM input_pairs WHERE similarity >= $leak) AS near_pairs,
       (SELECT count(*) FROM semantic_pairs WHERE similarity >= $semantic) AS semantic_pairs,
       (SELECT count(*) FROM input_pairs WHERE difference IS NOT NULL AND similarity >= $near)
       + (SELECT count(*) FROM semantic_pairs WHERE difference IS NOT NULL AND similarity >= $semantic) AS kept_apart,
       (SELECT count(*) FROM issues WHERE kind = 'contradictory_label') AS contradictory_labels,
       (SELECT count(*) FROM issues WHERE kind = 'contradictory_rating') AS contradictory_ratings
