-- Keeps where unchanged interactions stand that the merge is about to move; one row each.
INSERT INTO undo_places BY NAME
SELECT $run_id AS undo_run_id, 'interactions' AS part, i.interaction_id AS id, i.location, i.line
FROM incoming n
JOIN interactions i USING (interaction_id)
WHERE n.recency = 1 AND n.state = 'unchanged' AND i.run_id <> $run_id
  AND (i.location, i.line) IS DISTINCT FROM (n.location, n.place)
  AND NOT EXISTS (FROM undo_places p
                  WHERE (p.undo_run_id, p.part, p.id) = ($run_id, 'interactions', i.interaction_id))
