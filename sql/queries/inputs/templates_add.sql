-- Records a template of one source.
INSERT INTO templates VALUES ($source, $affix, $text)
