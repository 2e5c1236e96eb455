-- Adds one person.
INSERT INTO annotators VALUES ($annotator, $server, $user_key)
