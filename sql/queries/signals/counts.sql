-- How many answers each signal speaks against today; one row per signal.
SELECT signal, count(*) FROM signals JOIN examples USING (example_id, revision) GROUP BY signal ORDER BY signal
