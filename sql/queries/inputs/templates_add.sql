-- Records the template of one source.
INSERT INTO templates VALUES ($source, $prefix, $suffix)
