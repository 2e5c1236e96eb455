-- Examples that were drawn to compare two sets of answers; one row per example and what it
-- showed then.
SELECT example_id, content_hash FROM side_by_side
WHERE answers_digest = least($one, $other) AND other_digest = greatest($one, $other)
ORDER BY example_id
