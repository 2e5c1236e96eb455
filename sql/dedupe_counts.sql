-- What deduplication finds today; one row of counts.
SELECT (SELECT count(*) FROM examples),
       (SELECT count(DISTINCT input_hash) FROM example_inputs),
       (SELECT count(DISTINCT survivor) FROM duplicates),
       (SELECT count(*) FROM duplicates),
       (SELECT count(*) FROM issues WHERE kind = 'contradictory_label'),
       (SELECT count(*) FROM issues WHERE kind = 'contradictory_rating')
