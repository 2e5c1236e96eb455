-- Removes the conversations before they are found anew.
DELETE FROM conversations
