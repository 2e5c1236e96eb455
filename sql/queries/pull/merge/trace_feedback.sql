-- Gives feedback on a trace to the last call of the trace, as far as its calls are here; one row per
-- feedback that another call has become the last for.
UPDATE feedback
SET interaction_id = now.interaction_id
FROM (
    WITH last AS (
        SELECT source, trace_id,
               arg_max(interaction_id, (coalesce(created_at, TIMESTAMP '0001-01-01'), interaction_id))
                   AS interaction_id
        FROM interactions
        WHERE trace_id IN (SELECT trace_id FROM feedback WHERE trace_id IS NOT NULL)
        GROUP BY ALL
    )
    SELECT f.feedback_id,
           coalesce(last.interaction_id, substr(sha256(f.source || chr(31) || f.source_id), 1, 32))
               AS interaction_id
    FROM feedback f
    LEFT JOIN last ON (last.source, last.trace_id) = (f.source, f.trace_id)
    WHERE f.trace_id IS NOT NULL
) now
WHERE feedback.feedback_id = now.feedback_id AND feedback.interaction_id <> now.interaction_id
