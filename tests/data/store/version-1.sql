-- A database as convect-pxed wrote it in its first format: snapshots, and
-- what came after them. See test_first_format in tests/unit/test_store.c.
PRAGMA application_id=1129338948;
PRAGMA user_version=1;
CREATE TABLE events(seq INTEGER PRIMARY KEY, node TEXT NOT NULL, time_ms INTEGER NOT NULL, body TEXT NOT NULL);
CREATE INDEX events_by_node ON events(node, seq);
CREATE INDEX events_by_time ON events(time_ms);
CREATE TABLE nodes(name TEXT PRIMARY KEY, seq INTEGER NOT NULL, body TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE meta(key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
INSERT INTO events VALUES(1,'gpu1',1795430000000,
'{"seq":1,"time_ms":1795430000000,"node":"gpu1","kind":"pxe","decision":"install","rule":"install-armed"}');
INSERT INTO events VALUES(2,'gpu1',1795430000000,
'{"seq":2,"time_ms":1795430000000,"node":"gpu1","kind":"boot_script","decision":"install","rule":"install-armed","generation":1,"token":"1","report_token":"r1","expires_ms":1795444400000,"content":"one"}');
INSERT INTO events VALUES(3,'gpu1',1795430000000,
'{"seq":3,"time_ms":1795430000000,"node":"gpu1","kind":"seed","name":"user-data","generation":1,"token":"1","content":"one"}');
INSERT INTO events VALUES(4,'gpu1',1795430000000,
'{"seq":4,"time_ms":1795430000000,"node":"gpu1","kind":"report","name":"subiquity/Install/install/configure_apt","generation":1,"origin":"curtin","event_type":"start","percent":15}');
INSERT INTO events VALUES(5,'gpu1',1795430000000,
'{"seq":5,"time_ms":1795430000000,"node":"gpu1","kind":"installed","generation":1,"origin":"form","event_type":"installed"}');
INSERT INTO events VALUES(6,'gpu1',1795430000000,
'{"seq":6,"time_ms":1795430000000,"node":"gpu1","kind":"firstboot","stage":"cloud-init","generation":1,"origin":"form","event_type":"firstboot"}');
INSERT INTO events VALUES(7,'gpu1',1795430000000,
'{"seq":7,"time_ms":1795430000000,"node":"gpu1","kind":"ready","generation":1,"origin":"form","event_type":"ready"}');
INSERT INTO events VALUES(8,'gpu1',1795430000000,
'{"seq":8,"time_ms":1795430000000,"node":"gpu1","kind":"reinstall","by":"operator"}');
INSERT INTO events VALUES(9,'gpu1',1795430000000,
'{"seq":9,"time_ms":1795430000000,"node":"gpu1","kind":"boot_script","decision":"install","rule":"install-armed","generation":2,"token":"2","report_token":"r2","expires_ms":1795444400000,"overwrite":true,"content":"one"}');
INSERT INTO events VALUES(10,'gpu2',1795430000000,
'{"seq":10,"time_ms":1795430000000,"node":"gpu2","kind":"boot_script","decision":"install","rule":"install-armed","generation":1,"token":"3","report_token":"r3","expires_ms":1795444400000}');
INSERT INTO events VALUES(11,'gpu2',1795430000000,
'{"seq":11,"time_ms":1795430000000,"node":"gpu2","kind":"seed","name":"user-data","generation":1,"token":"3"}');
INSERT INTO events VALUES(12,'gpu2',1795430000000,
'{"seq":12,"time_ms":1795430000000,"node":"gpu2","kind":"failed","name":"subiquity/Install/install","generation":1,"origin":"curtin","event_type":"finish","result":"FAIL","description":"install failed","code":"install_failed"}');
INSERT INTO events VALUES(13,'gpu2',1795430000000,
'{"seq":13,"time_ms":1795430000000,"node":"gpu2","kind":"hold","by":"operator","reason":"memory is being replaced"}');
INSERT INTO events VALUES(14,'gpu3',1795430000000,
'{"seq":14,"time_ms":1795430000000,"node":"gpu3","kind":"boot_script","decision":"install","rule":"install-armed","generation":1,"token":"4","report_token":"r4","expires_ms":1795444400000}');
INSERT INTO events VALUES(15,'52:54:00:aa:0b:09',1795430000000,
'{"seq":15,"time_ms":1795430000000,"node":"52:54:00:aa:0b:09","kind":"discovered","serial":"S1"}');
INSERT INTO events VALUES(16,'52:54:00:aa:0b:09',1795430000000,
'{"seq":16,"time_ms":1795430000000,"node":"52:54:00:aa:0b:09","kind":"boot_script","decision":"inspect","rule":"unknown-inspected","token":"5","report_token":"r5","expires_ms":1795444400000}');
INSERT INTO events VALUES(17,'52:54:00:aa:0b:09',1795430000000,
'{"seq":17,"time_ms":1795430000000,"node":"52:54:00:aa:0b:09","kind":"inspected","description":"1 disk","vendor":"QEMU"}');
INSERT INTO events VALUES(18,'gpu1',1795430000000,
'{"seq":18,"time_ms":1795430000000,"node":"gpu1","kind":"seed","name":"user-data","generation":2,"token":"2","content":"one"}');
INSERT INTO events VALUES(19,'gpu1',1795430000000,
'{"seq":19,"time_ms":1795430000000,"node":"gpu1","kind":"report","generation":2,"origin":"form","event_type":"progress","description":"half way","percent":40}');
INSERT INTO events VALUES(20,'gpu2',1795430000000,
'{"seq":20,"time_ms":1795430000000,"node":"gpu2","kind":"release","by":"operator"}');
INSERT INTO events VALUES(21,'gpu2',1795430000000,
'{"seq":21,"time_ms":1795430000000,"node":"gpu2","kind":"boot_script","decision":"install","rule":"install-armed","generation":1,"token":"6","report_token":"r6","expires_ms":1795444400000}');
INSERT INTO events VALUES(22,'gpu3',1795430000000,
'{"seq":22,"time_ms":1795430000000,"node":"gpu3","kind":"seed","name":"user-data","generation":1,"token":"4"}');
INSERT INTO events VALUES(23,'gpu3',1795430000000,
'{"seq":23,"time_ms":1795430000000,"node":"gpu3","kind":"installed","generation":1,"origin":"form","event_type":"installed"}');
INSERT INTO nodes VALUES('gpu1',9,
'{"name":"gpu1","seq":9,"phase":"loading","phase_ms":1795430000000,"want":2,"have":1,"attempts":1,"overwrite":true,"percent_generation":2,"last_kind":"boot_script","last_ms":1795430000000,"last_event":"boot script: install (install-armed), generation 2","last_seen_ms":1795430000000,"served":"one","content":"one","tokens":[{"sha256":"1","report_sha256":"r1","generation":1,"expires_ms":1795444400000,"used":true},{"sha256":"2","report_sha256":"r2","generation":2,"expires_ms":1795444400000}]}');
INSERT INTO nodes VALUES('gpu2',13,
'{"name":"gpu2","seq":13,"phase":"failed","phase_ms":1795430000000,"attempts":1,"held":true,"hold_reason":"memory is being replaced","percent_generation":1,"last_kind":"hold","last_ms":1795430000000,"last_event":"held by operator: memory is being replaced","last_seen_ms":1795430000000,"fail_code":"install_failed","fail_evidence":"install failed","tokens":[{"sha256":"3","report_sha256":"r3","generation":1,"expires_ms":1795444400000,"used":true}]}');
INSERT INTO nodes VALUES('gpu3',14,
'{"name":"gpu3","seq":14,"phase":"loading","phase_ms":1795430000000,"attempts":1,"percent_generation":1,"last_kind":"boot_script","last_ms":1795430000000,"last_event":"boot script: install (install-armed), generation 1","last_seen_ms":1795430000000,"tokens":[{"sha256":"4","report_sha256":"r4","generation":1,"expires_ms":1795444400000}]}');
INSERT INTO nodes VALUES('52:54:00:aa:0b:09',17,
'{"name":"52:54:00:aa:0b:09","seq":17,"phase":"discovered","phase_ms":1795430000000,"last_kind":"inspected","last_ms":1795430000000,"last_event":"inspected: QEMU: 1 disk","last_seen_ms":1795430000000,"serial":"S1","vendor":"QEMU","inspected_ms":1795430000000,"hardware":"1 disk","tokens":[{"sha256":"5","report_sha256":"r5","expires_ms":1795444400000}]}');
