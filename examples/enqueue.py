"""Enqueues jobs from Python, in the same transaction as the service's own writes.

    python3 -m venv .venv && .venv/bin/pip install "psycopg[binary]"
    .venv/bin/python examples/enqueue.py postgres://nexus_app@127.0.0.1:5432/nexus
"""

import sys

import psycopg
from psycopg.types.json import Jsonb


def enqueue(conn, kind, args=None, **options):
    """Enqueues one job in the connection's transaction and returns its id."""
    row = conn.execute(
        "SELECT nexus.enqueue(%s, %s, %s)", (kind, Jsonb(args or {}), Jsonb(options))
    ).fetchone()
    return row[0]


def enqueue_many(conn, jobs):
    """Enqueues many jobs in one statement; returns (index, id, outcome) of each."""
    return conn.execute(
        "SELECT index, id, outcome FROM nexus.enqueue_many(%s)", (Jsonb(jobs),)
    ).fetchall()


def main(url):
    with psycopg.connect(url) as conn:
        # Your own writes and the job are there together, or neither is.
        with conn.transaction():
            conn.execute("SELECT 'your own writes go here'")
            job = enqueue(conn, "noop", {"padding": "x"}, delay="5 min", tags=["from-python"])
            print("enqueued job", job)

        # However often it is called within a second: one job, a second after the last call.
        for text in ["first", "second", "third"]:
            with conn.transaction():
                unique = {"by": ["padding"], "on_conflict": "debounce"}
                job = enqueue(conn, "noop", {"padding": "debounced"}, delay="1 s", unique=unique)
                print(text, "call: job", job)

        with conn.transaction():
            jobs = [{"kind": "noop", "order_key": "account 7"} for _ in range(3)]
            jobs.append({"kind": "noop", "args": {"padding": "debounced"}, "unique": {"by": ["padding"]}})
            for index, job, outcome in enqueue_many(conn, jobs):
                print(f"job {index} of the batch: {job}, {outcome}")

        try:
            with conn.transaction():
                enqueue(conn, "noop", queue="No Such Name")
        except psycopg.Error as error:
            print("refused:", error.sqlstate, error.diag.message_primary)


if __name__ == "__main__":
    main(sys.argv[1])
