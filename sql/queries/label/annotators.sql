-- Who has answered so far; one row per person.
SELECT annotator, server, user_key FROM annotators ORDER BY annotator
