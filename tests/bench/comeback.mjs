// How long clients take to come back when one of two gateways is killed: they come in again by way of a load balancer.
import { createServer, connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { load, newFolder, startGateway, startNATS } from './server.mjs';

/** Passes connections on to the gateways in turn. One whose gateway does not take it goes to the next, so that none is lost while a gateway takes any. */
async function startBalancer(gateways) {
  let n = 0;
  const pass = (client, first, tried) => {
    const { hostname, port } = new URL(gateways[(first + tried) % gateways.length].url);
    const server = connect(port, hostname);
    let taken = false;
    server.once('connect', () => {
      taken = true;
      client.pipe(server).pipe(client);
    });
    server.once('error', () => (taken || tried + 1 === gateways.length ? client.destroy() : pass(client, first, tried + 1)));
    server.once('close', () => taken && client.destroy());
    client.once('close', () => server.destroy());
    client.on('error', () => server.destroy());
  };
  const balancer = createServer((client) => pass(client, n++, 0));
  await new Promise((listening) => balancer.listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, listening));
  return { url: `http://127.0.0.1:${balancer.address().port}`, stop: () => balancer.close() };
}

/** The table of a load, half of whose sessions lose their gateway. Each is in one channel of ten. */
export async function comeBack(sessions) {
  const nats = await startNATS();
  const media = newFolder();
  const gateways = [];
  for (let i = 0; i < 2; i++) gateways.push(await startGateway({ args: ['--nats', nats.url, '--media', media, '--replicas', '1'] }));
  const balancer = await startBalancer(gateways);
  try {
    const flags = { sessions, ramp: `${Math.ceil(sessions / 200)}s`, 'peer-rate': 0, channels: sessions / 10, members: 10, 'channel-rate': sessions / 100, duration: '15s', settle: '60s' };
    const [table] = await load(balancer, flags, async () => {
      await sleep(3000);
      await gateways[0].stop();
    });
    return table;
  } finally {
    balancer.stop();
    for (const server of [...gateways, nats]) await server.stop();
  }
}
