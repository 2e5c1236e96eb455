-- The examples whose label a human gave or confirmed; one row per example.
CREATE OR REPLACE VIEW hand_labels AS
SELECT interaction_id AS example_id FROM corrections WHERE kind = 'label'
UNION
SELECT example_id FROM settled WHERE label IS NOT NULL OR verdict = 'keep';
COMMENT ON VIEW hand_labels IS 'Examples whose label a human gave or confirmed: believed, never suspected.';
