-- A row or more in every table, as the first version of the schema wrote them.
INSERT INTO subscribers VALUES
    (1, 'ann@inbox.example', 'Ann@inbox.example', 'inbox.example', 'Ann', 'confirmed', ';midweek;', '{"city":"Bonn"}', 1000, 2000, NULL, NULL, 'the form', '00aa', x'01', x'11'),
    (2, 'bob+news@inbox.example', 'bob+news@inbox.example', 'inbox.example', '', 'unsubscribed', '', '{}', 1000, 2000, 3000, NULL, 'a list of paper', '00bb', x'02', x'12'),
    (3, 'cy@mail.example', 'cy@mail.example', 'mail.example', 'Cy', 'bounced', '', '{}', 1000, 2000, 4000, NULL, 'the form', '00cc', x'03', x'13');
INSERT INTO approvals VALUES ('2026-11-25-midweek', 'subject = "A"', 'beef', '{}', 'A', 'B', 'Ed', 5000);
INSERT INTO sends VALUES (1, '2026-11-25-midweek', 'sent', 0, '', 6000, 7000, 3, 1, 6100, 6200);
INSERT INTO deliveries VALUES
    (1, 1, 1, 'Ann@inbox.example', 'inbox.example', 1, 0, 'delivered', NULL, 6000, 1, 250, '2.0.0', 'ok', NULL, 6500),
    (1, 2, 3, 'cy@mail.example', 'mail.example', 1, 0, 'failed', NULL, 6000, 1, 550, '5.1.1', 'no such user', 'no such user', 6600);
INSERT INTO letters VALUES (1, 'confirm:1', 'confirm', 'ann@inbox.example', 'ann@inbox.example', '{}', 'sent', 1100, NULL, 1100, 1, 250, NULL, 'ok', 1200);
INSERT INTO signup_requests VALUES (7, 'di@inbox.example', 'di@inbox.example', '', '192.0.2.0/24');
INSERT INTO signups VALUES (4, 'ed+x@inbox.example', 'ed+x@inbox.example', '', '192.0.2.0/24', x'0a', 1300, 9300, NULL);
INSERT INTO acts VALUES (1, 2, 3000, 'left', 'one-click', '192.0.2.0/24');
INSERT INTO forgotten VALUES (x'0badcafe', 3500);
INSERT INTO bounces VALUES (1, 'feed', 3, '2026-11-25-midweek', 'hard', '5.1.1', 'no such user', 'verp', 4000);
INSERT INTO corrections VALUES (1, '2026-11-25-midweek', 'A date was wrong.', 'subject = "A"', 'f00d', '{}', 'A', 'B', 8000);
INSERT INTO clicks VALUES ('2026-11-25-midweek', 'k1', 12);
INSERT INTO lease VALUES (1, 'host 1', 3, 5500, 9000);
INSERT INTO watched VALUES ('midweek', 500);
INSERT INTO journal VALUES (1, 'midweek', '2026-11-25', 'sent', 0, 'It went to 2 subscribers.', 7000, 3);
