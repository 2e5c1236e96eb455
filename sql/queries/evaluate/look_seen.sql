-- Whether the same answers were judged by the same held-out part before; one row.
SELECT EXISTS (FROM looks WHERE test_id = $test_id AND answers_digest = $answers_digest)
