-- Exact duplicates of a kept example on the same side; one row per dropped member and its survivor.
-- Survivors are chosen last, among members that pass everything else: rating, then newest, then id.
CREATE OR REPLACE TEMP TABLE duplicates AS
SELECT example_id, first(example_id) OVER best AS survivor, 'exact' AS method, 1::DOUBLE AS similarity
FROM passing
WHERE $exact = 'example' OR $exact = 'input' AND NOT empty_input
WINDOW best AS (
    PARTITION BY side, CASE WHEN $exact = 'example' THEN example_hash ELSE input_hash || label END
    ORDER BY rank
)
QUALIFY example_id <> survivor AND NOT kept
