-- Records a look.
INSERT INTO looks
VALUES ($test_id, $answers_digest, $candidate, $name, $version, $source, $trained_on, $answered, $run_id)
