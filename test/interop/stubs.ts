import { access, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run, source, startProgram } from './programs.js';
import type { Requirement } from './requirements.js';
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

/**
 * Makes a client of the WSDL of a style, in a folder of its own below the one for all; what has been made for another
 * stack is taken from there.
 */
async function made(
  name: string,
  style: Style,
  bridge: string,
  folder: string,
  make: (own: string) => Promise<void>,
): Promise<string> {
  const own = join(folder, `${name}-${style || 'encoded'}`);
  const isMade = await access(own).then(
    () => true,
    () => false,
  );
  if (isMade) return own;
  await mkdir(own);
  const wsdl = await fetch(`${bridge}/api/1.0/soap?wsdl=${style}`);
  await writeFile(join(own, 'box.wsdl'), await wsdl.text());
  await make(own);
  return own;
}

const GSOAP_FILES = ['soapC.c', 'soapClient.c', '-lgsoap'];

/** gSOAP: a client in C. */
export function gsoap(style: Style, version: '1.1' | '1.2'): Ready {
  return {
    requirements: gsoapTools,
    connect: async (bridge, folder) => {
      const own = await made(`gsoap-${version}`, style, bridge, folder, async (place) => {
        await run('wsdl2h', ['-c', '-w', '-o', 'box.h', 'box.wsdl'], place);
        await run('soapcpp2', [...(version === '1.2' ? ['-2'] : []), '-c', '-C', '-L', 'box.h'], place);
        const defined = style === 'literal' ? ['-DLITERAL'] : [];
        await run('gcc', ['-I.', '-o', 'client', ...defined, source('gsoap.c'), ...GSOAP_FILES], place);
      });
      return startProgram(join(own, 'client'), bridge);
    },
  };
}

/** The stubs of .NET, as Mono makes and runs them. */
export function mono(style: Style, version: '1.1' | '1.2'): Ready {
  return {
    requirements: monoTools,
    connect: async (bridge, folder) => {
      const own = await made('mono', style, bridge, folder, async (place) => {
        await run('wsdl', ['-o:Box.cs', 'box.wsdl'], place);
        await run('mcs', ['-out:client.exe', '-r:System.Web.Services', source('mono.cs'), 'Box.cs'], place);
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
).join(':');

const JAX_WS_CLASSES = [
  ...jars('/usr/share/jaxws/lib', 'jaxws-rt jaxws-api jaxb-api jaxb-impl jaxb-core'),
  ...jars('/usr/share/java', 'javax.activation geronimo-annotation-1.3-spec saaj saaj-impl jws-api'),
].join(':');

async function compileJava(place: string, classes: string, files: readonly string[]): Promise<void> {
  const flags = [...SHORT_LIVED.map((flag) => `-J${flag}`), '-nowarn', '-proc:none', '-parameters', '-d', 'classes'];
  await run('javac', [...flags, '-cp', classes, '-sourcepath', `.:${source('java')}`, ...files], place);
}

const startJava = (own: string, classes: string, parameters: readonly string[]) =>
  startProgram('java', ...SHORT_LIVED, '-cp', `${join(own, 'classes')}:${classes}`, ...parameters);

/** Axis 1.4; each call with an attachment, where it is said so. */
export function axis(...habit: readonly 'attachment'[]): Ready {
  return {
    requirements: axisTools,
    connect: async (bridge, folder) => {
      const own = await made('axis', '', bridge, folder, async (place) => {
        const stubs = ['-cp', AXIS_CLASSES, 'org.apache.axis.wsdl.WSDL2Java', '-p', 'box', 'box.wsdl'];
        await run('java', [...SHORT_LIVED, ...stubs], place);
        await compileJava(place, AXIS_CLASSES, [source('java/Axis.java')]);
      });
      return startJava(own, AXIS_CLASSES, ['Axis', bridge, ...habit]);
    },
  };
}

/** JAX-WS; each call as MTOM, where it is said so. */
export function jaxWs(...habit: readonly 'mtom'[]): Ready {
  return {
    requirements: jaxWsTools,
    connect: async (bridge, folder) => {
      const own = await made('jax-ws', 'literal', bridge, folder, async (place) => {
        await run('wsimport', ['-quiet', '-Xnocompile', '-p', 'box', 'box.wsdl'], place);
        const stubs = ['box/ObjectFactory.java', 'box/package-info.java'];
        await compileJava(place, JAX_WS_CLASSES, [source('java/JaxWs.java'), ...stubs]);
      });
      return startJava(own, JAX_WS_CLASSES, ['JaxWs', bridge, ...habit]);
    },
  };
}
