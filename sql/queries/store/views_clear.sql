-- Forgets which views the store has, before all of them are applied again.
DELETE FROM _views
