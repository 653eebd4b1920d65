// Makes the calls that its second argument lists as JSON, one after another, as backends in Node do: with fetch or, where the first
// argument says so, http. Prints the answers as JSON.
import http from 'node:http';

const [how, list] = process.argv.slice(2);

async function byFetch({ method, url, headers, body }) {
  const answer = await fetch(url, { method, headers: Object.entries(headers), body: method === 'GET' ? undefined : body });
  return { status: answer.status, headers: Object.fromEntries(answer.headers), body: await answer.text() };
}

function byHttp({ method, url, headers, body }) {
  return new Promise((resolve, reject) => {
    const request = http.request(url, { method, headers }, (answer) => {
      const parts = [];
      answer.on('data', (part) => parts.push(part));
      answer.on('end', () => resolve({ status: answer.statusCode, headers: answer.headers, body: Buffer.concat(parts).toString() }));
    });
    request.on('error', reject);
    request.end(body);
  });
}

const answers = [];
for (const call of JSON.parse(list)) answers.push(await (how === 'http' ? byHttp : byFetch)(call));
console.log(JSON.stringify(answers));
