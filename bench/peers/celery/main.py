"""Celery with Redis as its broker: the solo pool, results ignored."""

import json
import os
import sys
import threading
import time

from celery import Celery, group
from kombu import Queue

BATCH = 1000  # jobs of one bulk enqueue
WARM_UP = 100  # jobs that go before the timed ones
BEAT_S = 0.005  # between two timed jobs: 200 a second
LOOK_S = 0.005  # how often the end of a drain is looked for
STUCK_S = 300  # how long a drain may take before it counts as stuck

app = Celery("peer", broker=os.environ["REDIS_URL"])
app.conf.update(
    task_ignore_result=True,
    task_default_queue="peer",
    task_queues=[Queue("peer")],
    worker_prefetch_multiplier=BATCH,
    worker_hijack_root_logger=False,
    worker_redirect_stdouts=False,
)

starts: dict[int, float] = {}
wrong = 0


@app.task(name="noop")
def noop(id: int, padding: str) -> None:
    global wrong
    if id in starts:
        wrong += 1
    starts[id] = time.perf_counter()


def job(id: int):
    return noop.s(id=id, padding="x" * 175)


def per_second(count: int, since: float) -> float:
    return count / (time.perf_counter() - since)


def single(count: int) -> float:
    began = time.perf_counter()
    for id in range(count):
        job(id).apply_async()
    rate = per_second(count, began)
    app.control.purge()
    return rate


def bulk(count: int) -> float:
    began = time.perf_counter()
    for start in range(0, count, BATCH):
        group(job(id) for id in range(start, min(count, start + BATCH))).apply_async()
    return per_second(count, began)


def until(done) -> None:
    began = time.perf_counter()
    while not done():
        if time.perf_counter() - began > STUCK_S:
            raise TimeoutError("stuck")
        time.sleep(LOOK_S)


def each_once(count: int) -> None:
    """Fails unless each of the first jobs started exactly once, and no other."""
    if wrong or starts.keys() != set(range(count)):
        raise AssertionError(f"of {count} jobs {len(starts)} started, {wrong} starts were too many")


def drained(count: int, unsettled) -> float:
    """From the first start to the acknowledgement of the last."""
    until(lambda: len(starts) >= count and not unsettled())
    rate = per_second(count, min(starts.values()))
    each_once(count)
    return rate


def latency(jobs: int, timed: int) -> tuple[float, float]:
    """The median and the 99th percentile from enqueue to start, in milliseconds."""
    enqueued = []
    began = time.perf_counter()
    for i in range(WARM_UP + timed):
        time.sleep(max(0.0, began + i * BEAT_S - time.perf_counter()))
        enqueued.append(time.perf_counter())
        job(jobs + i).apply_async()
    every = jobs + WARM_UP + timed
    until(lambda: len(starts) >= every)
    each_once(every)
    waits = sorted(
        (starts[jobs + i] - at) * 1000 for i, at in enumerate(enqueued) if i >= WARM_UP
    )
    return waits[len(waits) // 2], waits[len(waits) * 99 // 100]


def measure(jobs: int, singles: int, timed: int) -> dict[str, float]:
    figures = {
        "jobs": jobs,
        "enqueue_single_per_s": single(singles),
        "enqueue_bulk_per_s": bulk(jobs),
    }
    worker = app.Worker(
        pool="solo", loglevel="ERROR", without_gossip=True, without_mingle=True, without_heartbeat=True, quiet=True
    )
    with app.connection_for_read() as connection:
        redis = connection.default_channel.client
        threading.Thread(target=worker.start, daemon=True).start()
        figures["drain_per_s"] = drained(jobs, lambda: redis.llen("peer") + redis.hlen("unacked"))
        figures["start_p50_ms"], figures["start_p99_ms"] = latency(jobs, timed)
    return figures


if __name__ == "__main__":
    print(json.dumps(measure(*map(int, sys.argv[1:]))), flush=True)
    os._exit(0)  # the worker's thread would go on
