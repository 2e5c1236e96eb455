-- Replaces what is known of conversations (Arrow tables registered as found and links).
-- Forgets the conversations.
DELETE FROM conversations;
-- Stores the conversations that hash chains tell; one row per example.
INSERT INTO conversations SELECT example_id, conversation_id FROM found ORDER BY example_id;
-- Forgets the uncertain continuations.
DELETE FROM conversation_links;
-- Stores the uncertain continuations; one row per call hash and example.
INSERT INTO conversation_links SELECT call_hash, example_id, is_child FROM links ORDER BY ALL;
