-- Records one applied view.
INSERT INTO _views VALUES ($name, $sha256)
