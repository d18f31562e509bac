import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type Running, runningOf } from './processes.js';

const fpm = ['/usr/sbin/php-fpm8.4', '/usr/sbin/php-fpm8.3', '/usr/sbin/php-fpm8.2'].find((path) => existsSync(path));
const nginx = '/usr/sbin/nginx';
const script = fileURLToPath(new URL('../../bench/servers/soap-server.php', import.meta.url));
const wsdl = fileURLToPath(new URL('../../wsdl/box.wsdl', import.meta.url));

/** The line that names what this machine lacks for (c); undefined where it has all. */
export function missingForPhp(): string | undefined {
  if (!fpm) return '(c) is missing: no php-fpm (Debian: php-fpm php-soap php-curl)';
  return existsSync(nginx) ? undefined : '(c) is missing: no nginx (Debian: nginx)';
}

/** PHP's SoapServer with curl, under php-fpm and nginx. */
export async function startPhp(upstream: string): Promise<Running> {
  if (!fpm) throw new Error('no php-fpm');
  const folder = await mkdtemp(join(tmpdir(), 'boxbridge-bench-php-'));
  const port = await freePort();
  const socket = join(folder, 'php.sock');
  await writeFile(
    join(folder, 'fpm.conf'),
    `[global]
error_log = ${folder}/fpm.log
[www]
user = root
listen = ${socket}
pm = static
pm.max_children = 16
env[UPSTREAM] = ${upstream}
env[WSDL] = ${wsdl}
php_admin_value[soap.wsdl_cache_dir] = ${folder}
`,
  );
  await writeFile(
    join(folder, 'nginx.conf'),
    `daemon off; worker_processes 1; error_log ${folder}/nginx.log; pid ${folder}/nginx.pid; user root;
events { worker_connections 4096; }
http {
  access_log off; client_body_temp_path ${folder}; fastcgi_temp_path ${folder}; proxy_temp_path ${folder};
  uwsgi_temp_path ${folder}; scgi_temp_path ${folder}; keepalive_requests 1000000;
  server {
    listen 127.0.0.1:${port};
    location / {
      fastcgi_pass unix:${socket}; fastcgi_param SCRIPT_FILENAME ${script};
      fastcgi_param REQUEST_METHOD $request_method; fastcgi_param CONTENT_TYPE $content_type;
      fastcgi_param CONTENT_LENGTH $content_length; fastcgi_param REQUEST_URI $request_uri;
      fastcgi_buffers 16 16k;
      # A reply of known length, as the others have.
      fastcgi_force_ranges off;
    }
  }
}
`,
  );
  const children = [
    spawn(fpm, ['-F', '-R', '-y', join(folder, 'fpm.conf')], { stdio: 'ignore' }),
    spawn(nginx, ['-c', join(folder, 'nginx.conf'), '-p', folder], { stdio: 'ignore' }),
  ];
  const begin = performance.now();
  await untilAccepted(port);
  const parts = children.map((child) => runningOf(child, `http://127.0.0.1:${port}`, performance.now() - begin));
  return {
    url: `http://127.0.0.1:${port}`,
    pid: children[0]?.pid ?? 0,
    startMs: performance.now() - begin,
    cpu: () => parts.reduce((total, part) => total + part.cpu(), 0),
    memory: () => ({
      now: parts.reduce((total, part) => total + part.memory().now, 0),
      peak: parts.reduce((total, part) => total + part.memory().peak, 0),
    }),
    stop: async () => {
      await Promise.all(children.map(end));
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const exit = once(child, 'exit');
  child.kill('SIGTERM');
  await exit;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  return typeof address === 'object' && address ? address.port : 0;
}

async function untilAccepted(port: number): Promise<void> {
  for (let tries = 0; tries < 100; tries += 1) {
    const socket = connect({ host: '127.0.0.1', port });
    const isOpen = await once(socket, 'connect').then(
      () => true,
      () => false,
    );
    socket.destroy();
    if (isOpen) return;
    await sleep(50);
  }
  throw new Error('nginx does not listen');
}
