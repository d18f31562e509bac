import { createServer } from 'node:http';
import { report } from '../processes.js';

/** The modern API of the bench: a SeaTable whose accounts differ by their tokens; replies after `delayMs`. */
const [delay = '0'] = process.argv.slice(2);
const delayMs = Number(delay);

const server = createServer((request, response) => {
  const token = (request.headers.authorization ?? '').replace(/^Token /, '');
  const body = JSON.stringify({
    email: `${token}@auth.local`,
    name: 'Ada Example',
    login_id: '',
    contact_email: `${token}@example.com`,
    usage: 121974751,
    total: 100000000000,
    space_usage: '0.12%',
    is_staff: false,
    department: '',
  });
  const reply = () =>
    response
      .writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) })
      .end(body);
  request.resume();
  if (delayMs === 0) reply();
  else setTimeout(reply, delayMs);
});
server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', () => report(server));
