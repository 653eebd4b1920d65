// A web hook that prints the events of rtm-gateway, one JSON line each:
//
//   RTM_WEBHOOK_SECRET=... PORT=3000 node receiver.mjs
//
// Two secrets, with a space between, are both accepted: that is how one is replaced.
import { createHmac, timingSafeEqual } from 'node:crypto'
import { createServer } from 'node:http'

const maxBytes = 1 << 20
const maxAgeSeconds = 300
const maxRemembered = 100_000

const secrets = (process.env.RTM_WEBHOOK_SECRET ?? '').split(/[\s,]+/).filter(Boolean).map((text) =>
  text.startsWith('whsec_') ? Buffer.from(text.slice('whsec_'.length), 'base64') : Buffer.from(text))
if (secrets.length === 0) throw new Error('set RTM_WEBHOOK_SECRET, to what the gateway has')

// verify says what is wrong with a request, or returns undefined. The signature is over the bytes
// of the body as they came, so it is checked before they are parsed.
function verify(headers, body) {
  const id = headers['webhook-id'], time = headers['webhook-timestamp'], sent = headers['webhook-signature']
  if (!id || !time || !sent) return 'the signature is missing'
  if (!(Math.abs(Date.now() / 1000 - Number(time)) <= maxAgeSeconds)) return 'the signature is too old, or a clock is wrong'
  const good = secrets.some((secret) => {
    const want = createHmac('sha256', secret).update(`${id}.${time}.`).update(body).digest()
    return sent.split(' ').some((one) => {
      const [version, text] = one.split(',')
      const got = Buffer.from(text ?? '', 'base64')
      return version === 'v1' && got.length === want.length && timingSafeEqual(got, want)
    })
  })
  return good ? undefined : 'the signature is wrong'
}

// Events come at least once: the same one has the same id. A program that must not lose them when it
// is stopped stores an event, by its id, before it answers.
const seen = new Set()

function handle(event) {
  if (seen.has(event.id)) {
    console.log(JSON.stringify({ ...event, duplicate: true }))
    return
  }
  seen.add(event.id)
  if (seen.size > maxRemembered) seen.delete(seen.values().next().value) // the oldest
  console.log(JSON.stringify(event))
}

const server = createServer((request, response) => {
  const answer = (status, text) => response.writeHead(status, { 'Content-Type': 'text/plain' }).end(text + '\n')
  if (request.method !== 'POST') return answer(405, 'POST events here')
  const parts = []
  let length = 0
  request.on('data', (part) => {
    length += part.length
    if (length <= maxBytes) parts.push(part)
  })
  request.on('end', () => {
    if (length > maxBytes) return answer(413, 'the request is too large')
    const body = Buffer.concat(parts)
    const wrong = verify(request.headers, body)
    if (wrong) return answer(401, wrong)
    try {
      for (const event of JSON.parse(body).events) handle(event)
    } catch {
      return answer(400, 'this is no batch of events')
    }
    answer(200, 'taken') // any 2xx; all else is tried again, except 410
  })
})
server.listen(Number(process.env.PORT ?? 3000), '127.0.0.1', () => {
  const { address, port } = server.address()
  console.error(`listening on http://${address}:${port}`)
})
