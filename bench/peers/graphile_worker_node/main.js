// graphile-worker, which keeps its jobs in Postgres: a local queue of 5,000. It deletes
// a finished job, in batches of 250 ms while it drains and at once while starts are timed.
'use strict';

const { Logger, makeWorkerUtils, run } = require('graphile-worker');
const { Pool } = require('pg');
const { Starts, WARM_UP, batches, latency, main, noop, perSecond, until } = require('../node/measure.js');

const CONNECTIONS = 20;
const CONCURRENCY = 200;
const LOCAL_QUEUE = 5000;
const DRAIN_DELAY_MS = 250;

const logger = new Logger(() => (level, message) => {
  if (level === 'error') console.error(message);
});

async function single(utils, pgPool, count) {
  const began = performance.now();
  for (let id = 0; id < count; id += 1) await utils.addJob('noop', noop(id));
  const rate = perSecond(count, began);
  await pgPool.query('DELETE FROM graphile_worker._private_jobs');
  return rate;
}

async function bulk(utils, count) {
  const began = performance.now();
  for (const batch of batches(count)) {
    await utils.addJobs(batch.map((payload) => ({ identifier: 'noop', payload })));
  }
  return perSecond(count, began);
}

function start(pgPool, starts, completeJobBatchDelay) {
  const taskList = { noop: async ({ id }) => starts.note(id) };
  const worker = { concurrentJobs: CONCURRENCY, localQueue: { size: LOCAL_QUEUE }, completeJobBatchDelay };
  return run({ pgPool, logger, taskList, noHandleSignals: true, preset: { worker } });
}

/** From the first start to the deletion of the last finished job. */
async function drained(pgPool, starts, count) {
  const left = async () => {
    const { rows } = await pgPool.query('SELECT count(*)::int AS jobs FROM graphile_worker._private_jobs');
    return rows[0].jobs;
  };
  await until(async () => starts.total >= count && (await left()) === 0);
  return perSecond(count, starts.eachOnce(count));
}

main(async (amounts) => {
  const pgPool = new Pool({ connectionString: process.env.DATABASE_URL, max: CONNECTIONS });
  pgPool.on('error', (error) => console.error(error));
  pgPool.on('connect', (client) => client.on('error', (error) => console.error(error)));
  const utils = await makeWorkerUtils({ pgPool, logger });
  await utils.migrate();
  const starts = new Starts(amounts.jobs + WARM_UP + amounts.timed);

  const figures = {
    jobs: amounts.jobs,
    enqueue_single_per_s: await single(utils, pgPool, amounts.singles),
    enqueue_bulk_per_s: await bulk(utils, amounts.jobs),
  };
  const draining = await start(pgPool, starts, DRAIN_DELAY_MS);
  figures.drain_per_s = await drained(pgPool, starts, amounts.jobs);
  await draining.stop();
  await start(pgPool, starts, 0);
  return { ...figures, ...(await latency(amounts, starts, (job) => utils.addJob('noop', job))) };
});
