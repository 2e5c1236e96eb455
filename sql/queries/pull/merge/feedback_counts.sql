-- What the merge did to feedback; one row: new, changed, unchanged, documents that do not count
-- because a later one gives the same feedback.
SELECT (SELECT count(*) FROM feedback_now WHERE state = 'new'),
       (SELECT count(*) FROM feedback_now WHERE state = 'changed'),
       (SELECT count(*) FROM feedback_now WHERE state = 'unchanged'),
       (SELECT count(*) FROM incoming_feedback WHERE recency > 1)
