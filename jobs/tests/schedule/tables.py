"""Writes the tables that jobs/tests/schedule.rs must reproduce, byte by byte.

It shares nothing with the Rust code but the two rules: croniter says which local times an
expression allows, zoneinfo says when the clocks show them.

Rule 1: a local time that the clocks skip fires at the first instant after the gap.
Rule 2: where the clocks show a local time twice, an expression that allows every hour fires
both times; any other fires the first time.

Firings of one instant are one.
"""

import hashlib
import pathlib
import random
import sys
from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

from croniter import CroniterBadDateError, croniter

ZONES = ["Europe/Berlin", "America/New_York"]
FIRST, UNTIL = datetime(2024, 1, 1), datetime(2034, 1, 1)
SECOND = timedelta(seconds=1)

EXPRESSIONS = [
    "30 2 * * *",
    "0 2 * * *",
    "0 3 * * *",
    "15 1 * * *",
    "0 0 * * *",
    "59 23 * * *",
    "0 * * * *",
    "*/20 * * * *",
    "10 0-23 * * *",
    "*/30 1-3 * * *",
    "45 */2 * * *",
    "0 0,12 * * *",
    "30 2 * * 0",
    "0 1,2,3 * * 7",
    "30 2 * * SUN-MON",
    "0 2 8-14 * 7",
    "0 0 1,15 * 5",
    "59 1 31 3,10 *",
    "29 2 29 2 *",
    "15 30 2 * * *",
    "*/10 59 1 * * 6,7",
    "0 30 1,2 * 3,10,11 * 2025-2029",
    "@weekly",
    "@monthly",
    "@hourly",
]


def expression(text):
    """croniter's order: the second and the year come last."""
    fields = text.split()
    if len(fields) == 6:
        fields = fields[1:] + fields[:1]
    if len(fields) == 7:
        fields = fields[1:6] + fields[:1] + fields[6:]
    return " ".join(fields)


def local_times(text, start, until):
    times = croniter(expression(text), start - SECOND, ret_type=datetime)
    try:
        while (time := times.get_next()) < until:
            yield time
    except CroniterBadDateError:
        return  # Its years are over.


def is_every_hour(text):
    hours = croniter(expression(text)).expanded[1]
    return hours == ["*"] or set(hours) == set(range(24))


def utc(local, zone, fold):
    return local.replace(tzinfo=zone, fold=fold).astimezone(timezone.utc)


def after_gap(local, zone):
    """The first instant with the later offset: fold=1 counts with it, and so too early."""
    low, high = utc(local, zone, 1), utc(local, zone, 0)
    new = high.astimezone(zone).utcoffset()
    while high - low > SECOND:
        middle = low + timedelta(seconds=(high - low) // SECOND // 2)
        if middle.astimezone(zone).utcoffset() == new:
            high = middle
        else:
            low = middle
    return high


def instants(local, zone, twice):
    first, second = utc(local, zone, 0), utc(local, zone, 1)
    if first.astimezone(zone).replace(tzinfo=None) != local:
        return [after_gap(local, zone)]
    return [first, second] if twice and second != first else [first]


def firings(locals_, zone, twice):
    fired = {at for local in locals_ for at in instants(local, zone, twice)}
    first, until = (t.replace(tzinfo=timezone.utc) for t in (FIRST, UNTIL))
    return sorted(at for at in fired if first <= at < until)


def changes(zone):
    """When the offset changes, found hour by hour."""
    at = FIRST.replace(tzinfo=timezone.utc)
    while at.replace(tzinfo=None) < UNTIL:
        after = at + timedelta(hours=1)
        if at.astimezone(zone).utcoffset() != after.astimezone(zone).utcoffset():
            yield after
        at = after


def daylight_saving(directory):
    margin = timedelta(days=2)
    known = {
        text: list(local_times(text, FIRST - margin, UNTIL + margin))
        for text in EXPRESSIONS
    }
    for name in ZONES:
        zone = ZoneInfo(name)
        all_, near = [], []
        fired = {
            text: firings(known[text], zone, is_every_hour(text))
            for text in EXPRESSIONS
        }
        for text, times in fired.items():
            lines = "".join(f"{int(at.timestamp())}\n" for at in times)
            digest = hashlib.sha256(lines.encode()).hexdigest()
            all_.append(f"{text}\t{len(times)}\t{digest}\n")
        for change in changes(zone):
            for text, times in fired.items():
                close = [at for at in times if change - margin <= at < change + margin]
                shown = " ".join(at.strftime("%dT%H:%M:%S") for at in close)
                near.append(f"{change:%Y-%m-%dT%H:%M:%SZ}\t{text}\t{shown}\n")
        file = directory / f"{name.lower().replace('/', '_')}.txt"
        file.write_text("".join(all_) + "\n" + "".join(near))


def random_field(rng, low, high, names=None):
    def number():
        return rng.randint(low, high)

    def ascending():
        # Two different ones: croniter takes 3-3 for all.
        first, last = sorted(rng.sample(range(low, high + 1), 2))
        return f"{first}-{last}"

    def named():
        return rng.choice(names) if names else str(number())

    kinds = [
        lambda: str(number()),
        lambda: ascending(),
        lambda: f"*/{rng.randint(2, high)}",
        lambda: f"{ascending()}/{rng.randint(1, 4)}",
        lambda: ",".join(str(number()) for _ in range(rng.randint(2, 4))),
        lambda: f"{number()},{ascending()}",
        named,
    ]
    return rng.choice(kinds)() if rng.random() < 0.6 else "*"


MONTHS = "JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC".split()
DAYS = "SUN MON TUE WED THU FRI SAT".split()


def crontab(directory):
    """Local times of random expressions: what the fields mean, without any zone."""
    rng = random.Random(6)
    lines = []
    while len(lines) < 600:
        text = " ".join(
            [
                random_field(rng, 0, 59),
                random_field(rng, 0, 23),
                random_field(rng, 1, 31),
                random_field(rng, 1, 12, MONTHS),
                random_field(rng, 0, 7, DAYS),
            ]
        )
        start = FIRST + SECOND * rng.randrange((UNTIL - FIRST) // SECOND)
        try:
            times = croniter(text, start, ret_type=datetime)
            next_ = [times.get_next() for _ in range(6)]
        except ValueError:
            continue
        # croniter takes days of week that are all listed for none given; crontab does not.
        if times.expanded[4] == ["*"] and not text.endswith(" *"):
            continue
        shown = " ".join(at.strftime("%Y-%m-%dT%H:%M:%S") for at in next_)
        lines.append(f"{text}\t{start:%Y-%m-%dT%H:%M:%S}\t{shown}\n")
    (directory / "crontab.txt").write_text("".join(lines))


if __name__ == "__main__":
    into = pathlib.Path(sys.argv[1])
    daylight_saving(into)
    crontab(into)
