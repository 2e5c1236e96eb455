-- What taking a pull back does; one row: interactions that go, that are again what they were, and that
-- come back; the same of feedback; rejects that go and come back; interactions that the source has here.
WITH rows AS (
    SELECT interaction_id, max(is_mine) AS is_mine, max(was_there) AS was_there
    FROM (
        SELECT interaction_id, 1 AS is_mine, 0 AS was_there FROM interactions WHERE run_id = $undone
        UNION ALL SELECT interaction_id, 0, 1 FROM undo_interactions WHERE undo_run_id = $undone
    )
    GROUP BY interaction_id
),
opinions AS (
    SELECT feedback_id, max(is_mine) AS is_mine, max(was_there) AS was_there
    FROM (
        SELECT feedback_id, 1 AS is_mine, 0 AS was_there FROM feedback WHERE run_id = $undone
        UNION ALL SELECT feedback_id, 0, 1 FROM undo_feedback WHERE undo_run_id = $undone
    )
    GROUP BY feedback_id
)
SELECT (SELECT count(*) FROM rows WHERE was_there = 0),
       (SELECT count(*) FROM rows WHERE is_mine = 1 AND was_there = 1),
       (SELECT count(*) FROM rows WHERE is_mine = 0),
       (SELECT count(*) FROM opinions WHERE was_there = 0),
       (SELECT count(*) FROM opinions WHERE is_mine = 1 AND was_there = 1),
       (SELECT count(*) FROM opinions WHERE is_mine = 0),
       (SELECT count(*) FROM rejects WHERE run_id = $undone),
       (SELECT count(*) FROM undo_rejects WHERE undo_run_id = $undone),
       (SELECT count(*) FROM interactions WHERE source = $source)
