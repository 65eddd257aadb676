// What the peers on Node measure with; the crate `measure` says the same in Rust.
'use strict';

const BATCH = 1000; // jobs of one bulk enqueue
const WARM_UP = 100; // jobs that go before the timed ones
const BEAT_MS = 5; // between two timed jobs: 200 a second
const LOOK_MS = 5; // how often the end of a drain is looked for
const STUCK_MS = 300_000; // how long a drain may take before it counts as stuck

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const perSecond = (count, since) => count / ((performance.now() - since) / 1000);

/** JOBS SINGLES TIMED, from the command line. */
function amounts() {
  const [jobs, singles, timed] = process.argv.slice(2).map(Number);
  if (!(jobs > 0 && singles > 0 && timed > 0)) throw new Error('usage: JOBS SINGLES TIMED');
  return { jobs, singles, timed };
}

/** A job that does nothing, with about 200 bytes of JSON. */
const noop = (id) => ({ id, padding: 'x'.repeat(175) });

/** The first `count` jobs, in batches. */
function* batches(count) {
  for (let from = 0; from < count; from += BATCH) {
    const length = Math.min(BATCH, count - from);
    yield Array.from({ length }, (_, i) => noop(from + i));
  }
}

/** When each job started, by its id, and how many starts were too many. */
class Starts {
  constructor(count) {
    this.at = new Float64Array(count);
    this.total = 0;
    this.wrong = 0;
  }

  /** The handler's whole work. */
  note(id) {
    if (id in this.at && this.at[id] === 0) this.at[id] = performance.now();
    else this.wrong += 1;
    this.total += 1;
  }

  /** When the first start was; throws unless each of the first jobs started exactly once. */
  eachOnce(count) {
    const started = this.at.subarray(0, count).filter((at) => at > 0);
    if (this.wrong > 0 || started.length !== count || this.total !== count) {
      throw new Error(`of ${count} jobs ${started.length} started, ${this.wrong} starts were too many`);
    }
    return started.reduce((least, at) => Math.min(least, at));
  }
}

/** Asks again and again until the answer is yes. */
async function until(done) {
  const began = performance.now();
  while (!(await done())) {
    if (performance.now() - began > STUCK_MS) throw new Error('stuck');
    await pause(LOOK_MS);
  }
}

/** Enqueues the timed jobs on their beat; the percentiles from enqueue to start, in ms. */
async function latency({ jobs, timed }, starts, enqueue) {
  const enqueued = [];
  const began = performance.now();
  for (let i = 0; i < WARM_UP + timed; i += 1) {
    const wait = began + i * BEAT_MS - performance.now();
    if (wait > 0) await pause(wait);
    enqueued.push(performance.now());
    await enqueue(noop(jobs + i));
  }
  const all = jobs + WARM_UP + timed;
  await until(() => starts.total >= all);
  starts.eachOnce(all);
  const waits = enqueued.slice(WARM_UP).map((at, i) => starts.at[jobs + WARM_UP + i] - at);
  waits.sort((a, b) => a - b);
  return {
    start_p50_ms: waits[Math.floor(waits.length / 2)],
    start_p99_ms: waits[Math.floor((waits.length * 99) / 100)],
  };
}

/** Runs a peer, prints its figures on one line, and ends the process. */
function main(measure) {
  measure(amounts()).then(
    (figures) => {
      console.log(JSON.stringify(figures));
      process.exit(0);
    },
    (error) => {
      console.error(error);
      process.exit(1);
    },
  );
}

module.exports = { Starts, WARM_UP, batches, latency, main, noop, perSecond, until };
