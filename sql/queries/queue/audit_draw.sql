-- Kept candidates that were never asked, drawn by lot; one row per candidate. Lots are drawn by id, so what an
-- earlier audit has asked and what this one adds are one sample.
FROM askable
WHERE kept AND round = 1
QUALIFY row_number() OVER (PARTITION BY side
                           ORDER BY left(sha256(concat_ws(chr(31), $seed, 'audit', example_id)), 12), example_id)
    <= CASE side WHEN 'test' THEN $of_test ELSE $of_train END
ORDER BY side, example_id
