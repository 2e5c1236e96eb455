-- Adds what is out for likeness; one row per example. Claims (an Arrow table registered as claimed)
-- are heads and the survivors that claim them; with a head go the others that have its input, and
-- those of a head's own input, except for turns of the survivor's conversation.
INSERT INTO duplicates
WITH survivors AS (
    SELECT w.example_id AS head, s.example_id AS survivor, s.conversation_id, c.method, c.similarity
    FROM claimed c
    JOIN heads w ON w.rank = c.worse
    JOIN heads s ON s.rank = c.better
    UNION ALL
    SELECT example_id, example_id, conversation_id, 'near', 1
    FROM heads
    WHERE $near <= 1 AND rank NOT IN (SELECT worse FROM claimed)
)
SELECT p.example_id, s.survivor, s.method, s.similarity
FROM survivors s
JOIN heads h ON h.example_id = s.head
JOIN passing p ON p.side = 'train' AND p.input_hash = h.input_hash AND p.label = h.label
WHERE p.conversation_id <> s.conversation_id
  AND p.example_id NOT IN (SELECT example_id FROM duplicates)
  AND NOT p.kept
