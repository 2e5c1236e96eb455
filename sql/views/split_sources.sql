-- The sources whose split column is taken; one row per source.
CREATE OR REPLACE VIEW split_sources AS
SELECT source FROM pull_state
WHERE kind <> 'feedback' AND (mapping->>'$.declared.fields.split') <> ''
UNION
SELECT source FROM interactions WHERE given_split IS NOT NULL GROUP BY source
HAVING bool_or(given_split ILIKE '%train%') AND NOT bool_and(given_split ILIKE '%train%');
COMMENT ON VIEW split_sources IS 'Sources whose split column is taken: it was named with --map, or has a train part and another one.';
