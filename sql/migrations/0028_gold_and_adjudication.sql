-- Questions that measure annotators (gold), and questions about what annotators disagree on (adjudication). What was
-- understood of an answer is kept with it: nothing is decided by an answer to a gold question.

ALTER TABLE tasks ADD COLUMN expected JSON;
COMMENT ON COLUMN tasks.expected IS 'Gold question: what was settled when it was queued, as in annotations.answer; its answers decide nothing. Null for any other task.';
ALTER TABLE tasks ADD COLUMN adjudicates INTEGER[];
COMMENT ON COLUMN tasks.adjudicates IS 'Adjudication: the annotators who disagreed. What anybody else answers outranks what they said. Null for any other task.';

ALTER TABLE annotations ADD COLUMN answer JSON;
ALTER TABLE annotation_history ADD COLUMN answer JSON;
COMMENT ON COLUMN annotations.answer IS 'What was understood of it: a list of [kind, value], as in decisions; null where nothing was.';
UPDATE annotations SET answer = d.answer
FROM (
    SELECT server, annotation_id, task_key, to_json(list([kind, value] ORDER BY kind)) AS answer
    FROM decisions WHERE NOT withdrawn GROUP BY ALL
) d
WHERE (annotations.server, annotations.annotation_id, annotations.task_key) = (d.server, d.annotation_id, d.task_key);
