-- Records one applied migration.
INSERT INTO _migrations VALUES ($name, $sha256)
