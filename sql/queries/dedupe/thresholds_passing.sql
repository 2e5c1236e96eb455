-- How many train examples pass everything but deduplication; one row.
SELECT count(*) FROM passing WHERE side = 'train'
