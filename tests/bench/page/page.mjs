// The page of the plain browser: it takes one job after another, each on a page loaded again, and posts what came of it. The SDK's
// way and the browser's own follow each other in pairs, so that a ratio holds when the machine's speed drifts; which is first
// alternates, and what was moved before is collected: the second of two is the slower.
const job = await (await fetch('/job')).json();

async function outcome() {
  await new Promise((onload, onerror) => document.head.append(Object.assign(document.createElement('script'), { src: `${job.gateway}/sdk/rtm.js`, onload, onerror })));
  AgoraRTM.setParameter('VERIFY_MEDIA', job.verify);
  const client = AgoraRTM.createInstance('A0'.repeat(16), { logFilter: AgoraRTM.LOG_FILTER_ERROR });
  await client.login({ uid: job.way });
  try {
    return await timed(client);
  } finally {
    await client.logout();
  }
}

async function timed(client) {
  const { bytes, plain } = job;
  const blob = new Blob([new Uint8Array(bytes).map((_, i) => (i * 2654435761) >>> 11)]);
  const url = `${plain}/blob/${bytes}`;
  const upload = async () => (await client.createMediaMessageByUploading(blob)).mediaId;
  const id = await upload();
  const [sdk, own] = {
    up: [upload, () => put(url, blob)],
    down: [() => client.downloadMedia(id), async () => (await fetch(url, { cache: 'no-store' })).blob()],
  }[job.way];
  const times = [];
  const long = [];
  const watch = new PerformanceObserver((list) => long.push(...list.getEntries().map((e) => e.duration)));
  for (let i = -1; i < job.pairs; i++) { // the first pair warms up
    const took = [0, 0];
    for (const which of i & 1 ? [1, 0] : [0, 1]) {
      await collected();
      if (which === 0 && i >= 0) watch.observe({ type: 'longtask' });
      const begun = performance.now();
      const value = await [sdk, own][which]();
      took[which] = performance.now() - begun;
      if (value instanceof Blob && value.size !== bytes) throw new Error('short download');
      watch.disconnect();
    }
    if (i >= 0) times.push(took);
  }
  return { times, long };
}

/** XHR, as the SDK does: it tells progress. */
const put = (url, blob) =>
  new Promise((resolve, reject) => {
    const x = new XMLHttpRequest();
    x.open('PUT', url);
    x.onload = () => (x.status === 204 ? resolve() : reject(new Error(`PUT: ${x.status}`)));
    x.onerror = reject;
    x.upload.onprogress = () => {};
    x.send(blob);
  });

/** Lets go of the Blobs of earlier transfers, whose bytes another process has. */
async function collected() {
  await new Promise((done) => setTimeout(done, 50)); // the SDK collects its handles after a transfer
  window.gc();
  await new Promise((done) => setTimeout(done, 50));
}

const result = await outcome().catch((error) => ({ error: String(error?.stack ?? error) }));
await fetch('/result', { method: 'POST', body: JSON.stringify(result) });
location.reload();
