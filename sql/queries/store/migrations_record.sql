-- Records one applied migration, or one view.
INSERT INTO _migrations VALUES ($name, $sha256)
