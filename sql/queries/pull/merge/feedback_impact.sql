-- What the merge would do to feedback of the source that was pulled by itself; one row: how much would
-- say something else, how much would go, how much there is.
SELECT (SELECT count(*) FROM feedback_now n JOIN feedback f USING (feedback_id)
        WHERE n.state = 'changed' AND n.value IS DISTINCT FROM f.value),
       (SELECT count(*) FROM withdrawn),
       (SELECT count(*) FROM feedback WHERE source = $source AND origin = 'file')
