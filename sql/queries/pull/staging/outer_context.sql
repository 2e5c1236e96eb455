-- Gives the calls of a trace the session, the group and the user of the span that holds them.
UPDATE staging_interactions s
SET session_id = coalesce(s.session_id, o.session_id), group_key = coalesce(s.group_key, o.group_key),
    user_key = coalesce(s.user_key, o.user_key),
    chain = if(coalesce(s.session_id, o.session_id) IS NULL, s.chain, []),
    call_hash = if(coalesce(s.session_id, o.session_id) IS NULL, s.call_hash, NULL),
    row_hash = substr(sha256(concat_ws(chr(31), s.row_hash, o.session_id, o.group_key, o.user_key)), 1, 32)
FROM (
    SELECT trace_id, max(session_id) AS session_id, max(group_key) AS group_key, max(user_key) AS user_key
    FROM outer_spans
    GROUP BY trace_id
) o
WHERE s.trace_id = o.trace_id
  AND ((s.session_id IS NULL AND o.session_id IS NOT NULL) OR (s.group_key IS NULL AND o.group_key IS NOT NULL)
       OR (s.user_key IS NULL AND o.user_key IS NOT NULL))
