-- Forgets which views the store has, before all of them are applied again.
DELETE FROM _migrations WHERE name LIKE 'views/%'
