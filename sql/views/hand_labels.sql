-- The examples whose label a human gave or confirmed; one row per example.
CREATE OR REPLACE VIEW hand_labels AS
-- A relabelling that says neither who nor when is none of these, nor is what raters disagree about.
SELECT interaction_id AS example_id FROM corrections
WHERE kind = 'label' AND judged AND interaction_id NOT IN (SELECT example_id FROM disputed_labels)
UNION
SELECT example_id FROM settled WHERE label IS NOT NULL OR verdict = 'keep';
COMMENT ON VIEW hand_labels IS 'Examples whose label a human gave or confirmed: believed, never suspected.';
