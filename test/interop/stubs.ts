import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { kept } from '../support/kept.js';
import { run, source, startProgram } from './programs.js';
import { pathOf, type Requirement } from './requirements.js';
import type { Ready } from './stack.js';

type Style = '' | 'literal';

const gsoapTools: Requirement[] = [
  { what: 'wsdl2h', debian: 'gsoap', probe: ['wsdl2h', '-V'] },
  { what: 'soapcpp2', debian: 'gsoap', probe: ['soapcpp2', '-V'] },
  { what: 'gcc', debian: 'gcc', probe: ['gcc', '--version'] },
  {
    what: 'stdsoap2.h',
    debian: 'libgsoap-dev libc6-dev',
    probe: ['gcc', '-fsyntax-only', '-x', 'c', '-'],
    input: '#include <stdsoap2.h>\n',
  },
];
const javac: Requirement = { what: 'javac', debian: 'default-jdk-headless', probe: ['javac', '-version'] };
const axisTools: Requirement[] = [
  javac,
  { what: 'Axis 1.4', debian: 'libaxis-java', probe: ['test', '-f', '/usr/share/java/axis.jar'] },
];
const jaxWsTools: Requirement[] = [javac, { what: 'wsimport', debian: 'jaxws', probe: ['wsimport', '-version'] }];
const monoTools: Requirement[] = [
  { what: 'wsdl of Mono', debian: 'mono-devel', probe: ['wsdl', '-?'], output: /Mono/ },
  { what: 'mcs', debian: 'mono-mcs', probe: ['mcs', '--version'] },
];

/** What makes a client: programs, or the paths of libraries, and its sources. */
interface Making {
  readonly tools: readonly string[];
  readonly sources: readonly string[];
  readonly make: (place: string) => Promise<void>;
}

const installedAt = async (tool: string) => {
  const found = await stat(tool.startsWith('/') ? tool : pathOf(tool)).catch(() => undefined);
  return [tool, found?.mtimeMs, found?.size];
};

/** Makes a client of the WSDL of a style; what has been made of the same, by this file as it is, is taken again. */
async function made(name: string, style: Style, bridge: string, { tools, sources, make }: Making): Promise<string> {
  const served = await (await fetch(`${bridge}/api/1.0/soap?wsdl=${style}`)).text();
  // Each client is told where its bridge is.
  const wsdl = served.replaceAll(bridge, 'http://127.0.0.1:1');
  const files = [fileURLToPath(import.meta.url), ...sources.map(source)];
  const texts = await Promise.all(files.map((file) => readFile(file, 'utf8')));
  return kept(name, [wsdl, style, texts, await Promise.all(tools.map(installedAt))], async (place) => {
    await writeFile(join(place, 'box.wsdl'), wsdl);
    await make(place);
  });
}

const GSOAP_FILES = ['soapC.c', 'soapClient.c', '-lgsoap'];

/** gSOAP: a client in C. */
export function gsoap(style: Style, version: '1.1' | '1.2'): Ready {
  return {
    requirements: gsoapTools,
    connect: async (bridge) => {
      const own = await made(`gsoap-${version}`, style, bridge, {
        tools: ['wsdl2h', 'soapcpp2', 'gcc'],
        sources: ['gsoap.c'],
        make: async (place) => {
          await run('wsdl2h', ['-c', '-w', '-o', 'box.h', 'box.wsdl'], place);
          await run('soapcpp2', [...(version === '1.2' ? ['-2'] : []), '-c', '-C', '-L', 'box.h'], place);
          const defined = style === 'literal' ? ['-DLITERAL'] : [];
          await run('gcc', ['-I.', '-o', 'client', ...defined, source('gsoap.c'), ...GSOAP_FILES], place);
        },
      });
      return startProgram(join(own, 'client'), bridge);
    },
  };
}

/** The stubs of .NET, as Mono makes and runs them. */
export function mono(style: Style, version: '1.1' | '1.2'): Ready {
  return {
    requirements: monoTools,
    connect: async (bridge) => {
      const own = await made('mono', style, bridge, {
        tools: ['mono', 'wsdl', 'mcs'],
        sources: ['mono.cs'],
        make: async (place) => {
          await run('wsdl', ['-o:Box.cs', 'box.wsdl'], place);
          await run('mcs', ['-out:client.exe', '-r:System.Web.Services', source('mono.cs'), 'Box.cs'], place);
        },
      });
      return startProgram('mono', join(own, 'client.exe'), version, bridge);
    },
  };
}

// What lives for seconds is compiled once.
const SHORT_LIVED = ['-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC'];

const jars = (folder: string, names: string) => names.split(' ').map((name) => `${folder}/${name}.jar`);

const AXIS_CLASSES = jars(
  '/usr/share/java',
  'axis jaxrpc axis-saaj wsdl4j commons-discovery commons-logging javax.activation javax.mail',
);

const JAX_WS_CLASSES = [
  ...jars('/usr/share/jaxws/lib', 'jaxws-rt jaxws-api jaxb-api jaxb-impl jaxb-core'),
  ...jars('/usr/share/java', 'javax.activation geronimo-annotation-1.3-spec saaj saaj-impl jws-api'),
];

async function compileJava(place: string, classes: readonly string[], files: readonly string[]): Promise<void> {
  const flags = [...SHORT_LIVED.map((flag) => `-J${flag}`), '-nowarn', '-proc:none', '-parameters', '-d', 'classes'];
  await run('javac', [...flags, '-cp', classes.join(':'), '-sourcepath', `.:${source('java')}`, ...files], place);
}

const startJava = (own: string, classes: readonly string[], parameters: readonly string[]) =>
  startProgram('java', ...SHORT_LIVED, '-cp', [join(own, 'classes'), ...classes].join(':'), ...parameters);

/** Axis 1.4; each call with an attachment, where it is said so. */
export function axis(...habit: readonly 'attachment'[]): Ready {
  return {
    requirements: axisTools,
    connect: async (bridge) => {
      const own = await made('axis', '', bridge, {
        tools: ['javac', ...AXIS_CLASSES],
        sources: ['java/Caller.java', 'java/Axis.java'],
        make: async (place) => {
          const stubs = ['-cp', AXIS_CLASSES.join(':'), 'org.apache.axis.wsdl.WSDL2Java', '-p', 'box', 'box.wsdl'];
          await run('java', [...SHORT_LIVED, ...stubs], place);
          await compileJava(place, AXIS_CLASSES, [source('java/Axis.java')]);
        },
      });
      return startJava(own, AXIS_CLASSES, ['Axis', bridge, ...habit]);
    },
  };
}

/** JAX-WS; each call as MTOM, where it is said so. */
export function jaxWs(...habit: readonly 'mtom'[]): Ready {
  return {
    requirements: jaxWsTools,
    connect: async (bridge) => {
      const own = await made('jax-ws', 'literal', bridge, {
        tools: ['javac', 'wsimport', ...JAX_WS_CLASSES],
        sources: ['java/Caller.java', 'java/JaxWs.java'],
        make: async (place) => {
          await run('wsimport', ['-quiet', '-Xnocompile', '-p', 'box', 'box.wsdl'], place);
          const stubs = ['box/ObjectFactory.java', 'box/package-info.java'];
          await compileJava(place, JAX_WS_CLASSES, [source('java/JaxWs.java'), ...stubs]);
        },
      });
      return startJava(own, JAX_WS_CLASSES, ['JaxWs', bridge, ...habit]);
    },
  };
}
