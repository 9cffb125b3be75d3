"""Fills a ledger with made-up outcomes: report.py DATABASE RECIPIENTS. Used by bench/report. The same numbers every time."""
import random
import sqlite3
import sys

path, count = sys.argv[1], int(sys.argv[2])
random.seed(1)
db = sqlite3.connect(path)
send, began = db.execute("SELECT id, started_ms FROM sends ORDER BY issue LIMIT 1").fetchone()
db.execute("DELETE FROM deliveries WHERE send_id = ?", (send,))
BIG = ["one.example"] * 40 + ["two.example"] * 15 + ["three.example"] * 10 + ["four.example"] * 5
BLOCKED = "5.7.1 [203.0.113.%d] this message is likely unsolicited mail and has been blocked " + "x" * 200


def row(n):
    domain = random.choice(BIG) if random.random() < 0.75 else "d%d.example" % (random.paretovariate(0.6) % 50_000)
    email = f"reader{n}@{domain}"
    at = began + int(3_600_000 * (n / count) ** 0.8)
    chance = random.random()
    if chance > 0.05:
        return email, "delivered", None, 1, 250, "2.0.0", "2.0.0 queued as %X" % random.getrandbits(40), at
    if chance > 0.03:
        return email, "failed", None, 1, 550, "5.1.1", f"5.1.1 <{email}>: no such user", at
    if chance > 0.015:
        return email, "failed", None, 1, 550, "5.7.1", BLOCKED % random.randrange(255), at
    if chance > 0.005:
        return email, "deferred", at + 3_600_000, 2, 451, "4.7.1", "4.7.1 greylisted", at
    if chance > 0.0025:
        return email, "uncertain", None, 1, 0, None, "the connection broke", at
    return email, "suppressed", None, 0, None, None, "no longer on the list", at


def rows():
    for n in range(1, count + 1):
        email, state, due, attempts, code, enhanced, reply, at = row(n)
        refusal = reply if state in ("failed", "deferred") else None
        yield send, n, n, email, email.partition("@")[2], state, due, began, attempts, code, enhanced, reply, refusal, at


db.executemany(
    "INSERT INTO deliveries (send_id, number, subscriber_id, email, domain, state, due_ms, dated_ms, attempts, code,"
    " enhanced, reply, refusal, updated_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    rows(),
)
db.commit()
