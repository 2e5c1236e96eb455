-- Removes the uncertain continuations before they are found anew.
DELETE FROM conversation_links
