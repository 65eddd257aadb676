// BullMQ, which keeps its jobs in Redis: concurrency 200, completed jobs removed.
'use strict';

const { Queue, Worker } = require('bullmq');
const { Starts, WARM_UP, batches, latency, main, noop, perSecond, until } = require('../node/measure.js');

const CONCURRENCY = 200;

async function single(queue, count) {
  const began = performance.now();
  for (let id = 0; id < count; id += 1) await queue.add('noop', noop(id));
  const rate = perSecond(count, began);
  await queue.obliterate({ force: true });
  return rate;
}

async function bulk(queue, count) {
  const began = performance.now();
  for (const batch of batches(count)) {
    await queue.addBulk(batch.map((data) => ({ name: 'noop', data })));
  }
  return perSecond(count, began);
}

/** From the first start to the removal of the last completed job. */
async function drained(queue, starts, count) {
  const left = async () => {
    const { waiting, active } = await queue.getJobCounts('waiting', 'active');
    return waiting + active;
  };
  await until(async () => starts.total >= count && (await left()) === 0);
  return perSecond(count, starts.eachOnce(count));
}

main(async (amounts) => {
  const { hostname: host, port } = new URL(process.env.REDIS_URL);
  // maxRetriesPerRequest: what BullMQ demands of a worker's connection.
  const connection = { host, port: Number(port), maxRetriesPerRequest: null };
  const queue = new Queue('peer', { connection, defaultJobOptions: { removeOnComplete: true } });
  await queue.waitUntilReady();
  const starts = new Starts(amounts.jobs + WARM_UP + amounts.timed);

  const figures = {
    jobs: amounts.jobs,
    enqueue_single_per_s: await single(queue, amounts.singles),
    enqueue_bulk_per_s: await bulk(queue, amounts.jobs),
  };
  const handler = async (job) => starts.note(job.data.id);
  const worker = new Worker('peer', handler, { connection, concurrency: CONCURRENCY });
  worker.on('error', (error) => console.error(error));
  figures.drain_per_s = await drained(queue, starts, amounts.jobs);
  return { ...figures, ...(await latency(amounts, starts, (job) => queue.add('noop', job))) };
});
