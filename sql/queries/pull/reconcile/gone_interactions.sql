-- Interactions whose row the table no longer has; one row per interaction.
CREATE OR REPLACE TEMP TABLE gone AS
SELECT interaction_id AS id, run_id
FROM interactions
WHERE source = $source AND location = $location
  AND coalesce(document, source_id) NOT IN (SELECT id FROM present WHERE id IS NOT NULL)
