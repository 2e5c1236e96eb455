-- Removes the rows that are about to be replaced, or that their file no longer gives.
DELETE FROM interactions
WHERE interaction_id IN (
    SELECT n.interaction_id
    FROM incoming n
    JOIN interactions i USING (interaction_id)
    WHERE n.recency = 1 AND n.row_hash <> i.row_hash
    UNION FROM stale
)
