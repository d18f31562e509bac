import { createDirectory } from './applications.js';
import { createBridge } from './bridge.js';
import type { Config } from './config.js';
import { type Listening, listen } from './listen.js';
import type { Log } from './log.js';
import { createPipeline } from './pipeline.js';
import { createProtocols } from './protocols/index.js';
import { loadWsdl } from './protocols/wsdl.js';
import { createApp } from './server.js';
import { signInRouter } from './sign-in/routes.js';
import { type Openers, openTools } from './tools.js';

/**
 * Puts the parts of the bridge together and listens; closing it closes the store too. Throws an Error with one line for
 * the operator where it cannot.
 */
export async function start(config: Config, log: Log, openers: Openers = {}): Promise<Listening> {
  const { limits, trustProxy } = config;
  const tools = await openTools(config, openers);
  try {
    const wsdl = await loadWsdl();
    const app = createApp({
      protocols: createProtocols(limits, wsdl),
      pipeline: createPipeline({ find: createDirectory(tools.applications), bridge: createBridge(tools), log }),
      wsdl: () => wsdl.textAt(config.publicUrl ?? listening.url),
      bodyBytes: limits.bodyBytes,
      trustProxy,
      signIn: signInRouter({ ...tools, log }),
    });
    const listening = await listen(app, config.listen);
    return {
      url: listening.url,
      close: async () => {
        await listening.close();
        await tools.store.close();
      },
    };
  } catch (error) {
    await tools.store.close();
    throw error;
  }
}
