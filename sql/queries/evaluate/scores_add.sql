-- Stores the scores of a look (an Arrow table registered as given).
INSERT INTO look_scores SELECT $test_id, $answers_digest, example_id, $metric, score FROM given
