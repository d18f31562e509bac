import { readFileSync } from 'node:fs';
import { Agent, createServer } from 'node:http';
import axios from 'axios';
import express from 'express';
import { listen } from 'soap';
import { report } from '../processes.js';

/** What a user would write in an afternoon: Express, the server of the package soap, axios with kept connections. */
const [upstream = ''] = process.argv.slice(2);
const client = axios.create({ baseURL: upstream, httpAgent: new Agent({ keepAlive: true }) });
const wsdl = readFileSync(new URL('../../../wsdl/box.wsdl', import.meta.url), 'utf8');

async function getAccountInfo({ auth_token }: { auth_token: unknown }) {
  const token = typeof auth_token === 'object' && auth_token && '$value' in auth_token ? auth_token.$value : auth_token;
  const headers = { Authorization: `Token ${token}`, Accept: 'application/json' };
  const { data } = await client.get('/api2/account/info/', { headers });
  const user = {
    login: data.contact_email,
    email: data.contact_email,
    access_id: 1,
    user_id: 1,
    space_amount: data.total,
    space_used: data.usage,
    max_upload_size: 0,
  };
  return { status: 'get_account_info_ok', user };
}

const app = express();
const server = createServer(app);
listen(app, {
  path: '/api/1.0/soap',
  services: { boxnetService: { boxnetPort: { get_account_info: getAccountInfo } } },
  xml: wsdl,
});
server.listen(0, '127.0.0.1', () => report(server));
