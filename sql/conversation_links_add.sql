-- Stores the uncertain continuations: parents and children of a call that several continue.
INSERT INTO conversation_links
SELECT parent_hash, interaction_id, true FROM continuations WHERE NOT certain
UNION ALL
SELECT i.call_hash, i.interaction_id, false
FROM interactions i
WHERE i.session_id IS NULL
  AND i.call_hash IN (SELECT parent_hash FROM continuations WHERE NOT certain)
ORDER BY ALL
