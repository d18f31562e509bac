import { createSocket } from 'node:dgram';
import { lookup } from 'node:dns/promises';
import { once } from 'node:events';
import { connect, createServer, isIPv4, isIPv6, SocketAddress } from 'node:net';
import type { Config } from '../../config/config.js';
import type { ConfigWarning } from '../../config/warnings.js';
import { codeOf, messageOf } from '../../shared/errors.js';

type Address = Config['listen'];

/** What keeps the listeners of a configuration from listening, whatever else runs on this machine. Nothing listens at their ports. */
export async function listenerProblems({ listen, admin }: Config): Promise<ConfigWarning[]> {
  const listeners = [{ name: 'listen', at: listen }, ...(admin ? [{ name: 'admin', at: admin }] : [])];
  const perListener = listeners.map(async ({ name, at }) => {
    const problem = await problemOfHost(at.host);
    const cannot = `cannot listen on ${at.host}:${at.port}`;
    if (problem !== undefined) {
      const message = `${name}.host: ${cannot} (${problem}); name an address of this machine, or 0.0.0.0`;
      return [{ path: [name, 'host'], message }];
    }
    if (!(await isForbidden(at))) return [];
    const message = `${name}.port: ${cannot} (EACCES); name a port from 1024 on, or give this user CAP_NET_BIND_SERVICE`;
    return [{ path: [name, 'port'], message }];
  });
  const problems = (await Promise.all(perListener)).flat();
  if (problems.length > 0 || !admin || !(await areOne(listen, admin))) return problems;
  return [
    {
      path: ['admin', 'port'],
      message: `admin.port is that of listen, at an address that both have; give the admin listener another port`,
    },
  ];
}

/** Programs that are at the ports of a configuration already: a bridge of this configuration, or what has to go before it starts. */
export async function takenPorts({ listen, admin }: Config): Promise<ConfigWarning[]> {
  const listeners = [{ name: 'listen', at: listen }, ...(admin ? [{ name: 'admin', at: admin }] : [])];
  const perListener = listeners.map(async ({ name, at }) => {
    if (at.port === 0 || !(await answers(at))) return [];
    const message = `${name}.port ${at.port} is in use at ${at.host}: by a bridge that runs already, or by a program that has to end before this one can start`;
    return [{ path: [name, 'port'], message }];
  });
  return (await Promise.all(perListener)).flat();
}

/** Why no port of a host can be listened at; undefined where one can. */
async function problemOfHost(host: string): Promise<string | undefined> {
  const server = createServer();
  try {
    // A port of the system's choice, for a moment: that of the configuration may be in use.
    server.listen({ host, port: 0 });
    await once(server, 'listening');
    return undefined;
  } catch (error) {
    return codeOf(error) ?? messageOf(error);
  } finally {
    server.close();
  }
}

/** Whether this user may not listen at a port. A socket of UDP is refused likewise, and takes no connection meanwhile. */
async function isForbidden({ host, port }: Address): Promise<boolean> {
  const address = await addressOf(host);
  const socket = createSocket(isIPv6(address) ? 'udp6' : 'udp4');
  try {
    socket.bind({ port, address, exclusive: true });
    await once(socket, 'listening');
    return false;
  } catch (error) {
    return codeOf(error) === 'EACCES';
  } finally {
    socket.close();
  }
}

/** Whether two listeners cannot both have their addresses. */
async function areOne(one: Address, other: Address): Promise<boolean> {
  if (one.port === 0 || one.port !== other.port) return false;
  const [host, otherHost] = await Promise.all([addressOf(one.host), addressOf(other.host)]);
  return host === otherHost || covers(host, otherHost) || covers(otherHost, host);
}

/** As `listen` looks it up, in the one form that each address has. */
async function addressOf(host: string): Promise<string> {
  const { address } = await lookup(host);
  // SocketAddress takes no zone.
  if (!isIPv6(address) || address.includes('%')) return address;
  const { address: shortest } = new SocketAddress({ address, family: 'ipv6' });
  // One that IPv6 has mapped is the address of IPv4 itself.
  return shortest.replace(/^::ffff:(?=\d+\.)/, '');
}

/** Whether listening at an address takes another one too: `::` has those of IPv4 as well. */
const covers = (host: string, other: string) =>
  host === '::' || (host === '0.0.0.0' && (isIPv4(other) || other === '::'));

const ANSWER_MS = 1000;

/** Whether somebody takes connections at an address; connections to all addresses go to loopback. */
async function answers({ host, port }: Address): Promise<boolean> {
  const socket = connect({ host: host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host, port });
  socket.setTimeout(ANSWER_MS, () => socket.destroy(new Error('no answer')));
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
