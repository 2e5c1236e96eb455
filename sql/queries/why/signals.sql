-- What speaks against the example's answer or its rating; one row per signal.
SELECT signal, score, why FROM signals JOIN examples USING (example_id, revision) WHERE example_id = $id ORDER BY signal
