-- Copies the rows of all tables of a database into those of a new one with the same tables.
COPY FROM DATABASE old TO curate (DATA)
