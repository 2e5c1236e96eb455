-- Calls of which one document has the question and another one the answer or the failure; one row per
-- id and document, staged or stored, of every id that has both and lacks a part in what is staged.
-- $within: whether both may stand in one file.
WITH documents AS (
    SELECT s.source_id, s.messages <> '[]' AS asks, s.output IS NOT NULL AS answers, true AS staged,
           coalesce(s.joined, false) AS joined, s.location, s.file_number, s.line, s.part
    FROM staging_interactions s
    WHERE s.source_id IS NOT NULL AND s.document IS NULL
    UNION ALL BY NAME
    SELECT i.source_id, i.messages <> '[]' AS asks, i.output IS NOT NULL AS answers, false AS staged,
           coalesce(i.joined, false) AS joined, i.location, i.line
    FROM calls i
    WHERE i.source = $source AND i.document IS NULL
      AND i.source_id IN (SELECT source_id FROM staging_interactions)
)
SELECT source_id, asks, answers, staged, file_number, line, part
FROM documents
WHERE source_id IN (
    SELECT source_id FROM documents
    GROUP BY source_id
    HAVING bool_or(staged AND NOT (asks AND answers)) AND bool_or(asks) AND bool_or(NOT asks OR joined)
       AND ($within OR count(DISTINCT location) > 1 OR bool_or(joined))
)
ORDER BY source_id, staged, file_number, line, part
