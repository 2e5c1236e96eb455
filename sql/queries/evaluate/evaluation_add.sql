-- Stores what was said.
INSERT INTO evaluations VALUES ($name, $version, $test_id, $settings, $result, $run_id)
