import { Agent, createServer, request as send } from 'node:http';
import { report } from '../processes.js';

/** The least that Node.js can do: passes each request on to the modern API and its reply back, as they are. */
const [upstream = ''] = process.argv.slice(2);
const { hostname: host, port } = new URL(upstream);
const agent = new Agent({ keepAlive: true });

const server = createServer((request, response) => {
  const token = /auth_token=([\w-]+)/.exec(request.url ?? '')?.[1] ?? '';
  const headers = { Authorization: `Token ${token}`, Accept: 'application/json' };
  const onward = send({ host, port, agent, path: '/api2/account/info/', headers }, (reply) => {
    response.writeHead(reply.statusCode ?? 502, reply.headers);
    reply.pipe(response);
  });
  onward.on('error', () => response.writeHead(502).end());
  onward.end();
  request.resume();
});
server.listen(0, '127.0.0.1', () => report(server));
