-- Records a version.
INSERT INTO versions BY NAME
SELECT $name AS name, $version AS version, $content_id AS content_id, $test_id AS test_id,
       $formats AS formats, $train AS train, $test AS test, $pending AS pending,
       $settings AS settings, $exported_at AS exported_at, $run_id AS run_id
