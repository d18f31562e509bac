import { execFile } from 'node:child_process';
import { symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import { HTTPRoute } from '@kubernetes-models/gateway-api/gateway.networking.k8s.io/v1/HTTPRoute';
import { PrometheusRule } from '@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1/PrometheusRule';
import { ServiceMonitor } from '@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1/ServiceMonitor';
import { Deployment } from 'kubernetes-models/apps/v1/Deployment';
import { HorizontalPodAutoscaler } from 'kubernetes-models/autoscaling/v2/HorizontalPodAutoscaler';
import { Job } from 'kubernetes-models/batch/v1/Job';
import { Ingress } from 'kubernetes-models/networking.k8s.io/v1/Ingress';
import { NetworkPolicy } from 'kubernetes-models/networking.k8s.io/v1/NetworkPolicy';
import { PodDisruptionBudget } from 'kubernetes-models/policy/v1/PodDisruptionBudget';
import { ConfigMap } from 'kubernetes-models/v1/ConfigMap';
import { PersistentVolumeClaim } from 'kubernetes-models/v1/PersistentVolumeClaim';
import { Secret } from 'kubernetes-models/v1/Secret';
import { Service } from 'kubernetes-models/v1/Service';
import { ServiceAccount } from 'kubernetes-models/v1/ServiceAccount';
import { parse } from 'yaml';
import { describeWith } from '../interop/requirements.js';
import { encodings } from '../support/cases/encodings.js';
import { afterwards } from '../support/cleanup.js';
import { runCommand } from '../support/command.js';
import { temporaryFolder } from '../support/servers/bridge.js';
import { startNodeIn } from '../support/servers/process.js';
import { urlIn } from '../support/servers/served.js';
import { adapted, pathIn, root, textOf } from './files.js';
import { helm, RELEASE, type Resource, rendered, resourcesIn, runHelm, the } from './helm.js';

const program = join(root, 'dist/src/cli.js');
const KEY = Buffer.from('the key of the server, 32 bytes.').toString('base64');
const URL_OF_STORE = 'postgres://boxbridge:pass-of-store@127.0.0.1:1/boxbridge';
const secret = { values: { BOXBRIDGE_KEY: KEY, BOXBRIDGE_STORE: URL_OF_STORE, API_KEY: 'key-of-invoices' } };
const postgres = { store: { kind: 'postgres' }, secret: { existing: 'mine' } };

/** What else there is to choose, all at once. */
const everything = {
  fullnameOverride: 'bridge',
  image: { digest: `sha256:${'0'.repeat(64)}`, pullSecrets: [{ name: 'registry' }] },
  store: { sqlite: { existingClaim: 'old' } },
  service: { type: 'LoadBalancer', port: 8080, annotations: { a: 'b' } },
  serviceAccount: { create: false, name: 'theirs' },
  podDisruptionBudget: { maxUnavailable: '50%' },
  networkPolicy: { enabled: true, namesTo: [], extraEgress: [{ to: [{ ipBlock: { cidr: '10.1.2.3/32' } }] }] },
  resources: { limits: { cpu: 2, memory: '1Gi' } },
  podLabels: { team: 'a', 'app.kubernetes.io/name': 'not-this', 'app.kubernetes.io/component': 'nor-this' },
  podAnnotations: { note: 'b', 'checksum/config': 'not this' },
  nodeSelector: { disk: 'ssd' },
  tolerations: [{ key: 'old', operator: 'Exists' }],
  affinity: { nodeAffinity: {} },
  priorityClassName: 'high',
  extraEnv: [{ name: 'LOG_LEVEL', value: 'warn' }],
  extraVolumes: [{ name: 'more', configMap: { name: 'more' } }],
  extraVolumeMounts: [{ name: 'more', mountPath: '/more' }],
};

interface Variant {
  readonly name: string;
  readonly example?: string;
  readonly values?: object;
  /** The variables of the Secret that the configuration names. */
  readonly variables?: Readonly<Record<string, string>>;
  readonly kinds: readonly string[];
}

const always = ['ConfigMap', 'Deployment', 'PodDisruptionBudget', 'Service', 'Service'];
const variants: readonly Variant[] = [
  { name: 'the default values', kinds: [...always, 'PersistentVolumeClaim', 'ServiceAccount'] },
  { name: 'a sandbox', example: 'sandbox', kinds: [...always, 'PersistentVolumeClaim', 'ServiceAccount'] },
  {
    name: 'PostgreSQL, a Secret that exists, a Gateway and the Prometheus Operator',
    example: 'gateway',
    variables: { BOXBRIDGE_STORE: URL_OF_STORE, INVOICES_API_KEY: 'key-of-invoices' },
    kinds: [...always, 'ConfigMap', 'HTTPRoute', 'Job', 'PrometheusRule', 'ServiceAccount', 'ServiceMonitor'],
  },
  {
    name: 'an Ingress, a Secret of its own, autoscaling by calls and a network policy',
    example: 'ingress',
    values: { secret },
    variables: secret.values,
    kinds: [
      ...[...always, 'ConfigMap', 'HorizontalPodAutoscaler', 'Ingress', 'Job', 'NetworkPolicy', 'NetworkPolicy'],
      ...['Secret', 'Secret', 'ServiceAccount'],
    ],
  },
  { name: 'everything else', values: everything, kinds: [...always, 'NetworkPolicy'] },
];

const models = [
  [ConfigMap, 'kubernetes-models/v1'],
  [PersistentVolumeClaim, 'kubernetes-models/v1'],
  [Secret, 'kubernetes-models/v1'],
  [Service, 'kubernetes-models/v1'],
  [ServiceAccount, 'kubernetes-models/v1'],
  [Deployment, 'kubernetes-models/apps/v1'],
  [HorizontalPodAutoscaler, 'kubernetes-models/autoscaling/v2'],
  [Job, 'kubernetes-models/batch/v1'],
  [Ingress, 'kubernetes-models/networking.k8s.io/v1'],
  [NetworkPolicy, 'kubernetes-models/networking.k8s.io/v1'],
  [PodDisruptionBudget, 'kubernetes-models/policy/v1'],
  [HTTPRoute, '@kubernetes-models/gateway-api/gateway.networking.k8s.io/v1'],
  [ServiceMonitor, '@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1'],
  [PrometheusRule, '@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1'],
] as const;

/** The model of a resource, and where its types are. Throws where none has its kind and its version. */
function modelOf({ apiVersion, kind }: Resource) {
  const found = models.find(([{ name }, path]) => name === kind && path.endsWith(`/${apiVersion}`));
  if (!found) throw new Error(`no schema of ${apiVersion} ${kind}`);
  return found;
}

const resourcesOf = ({ values, example }: Variant) => rendered(values, example);
const bridgeOf = (resources: readonly Resource[]) =>
  resources.find(({ kind, metadata }) => kind === 'ConfigMap' && !metadata.annotations).data['bridge.yaml'];
const podsOf = (resources: readonly Resource[]) =>
  resources.filter(({ kind }) => kind === 'Deployment' || kind === 'Job').map(({ spec }) => spec.template);

describeWith([helm], 'the chart', () => {
  describe.each(variants)('with $name', (variant) => {
    test('has resources that are as their schemas say', async () => {
      const resources = await resourcesOf(variant);
      expect(resources.map(({ kind }) => kind).sort()).toEqual([...variant.kinds].sort());
      for (const resource of resources) new (modelOf(resource)[0])(resource).validate();
      const names = resources.map(({ kind, metadata }) => `${kind} ${metadata.name}`);
      expect(new Set(names).size).toBe(names.length);
      for (const { metadata } of resources) expect(metadata.namespace).toBeUndefined();
    });

    test('has a configuration that the bridge takes', async () => {
      const { path, remove } = await temporaryFolder();
      afterwards(remove);
      await writeFile(join(path, 'bridge.yaml'), bridgeOf(await resourcesOf(variant)));
      const words = ['check', '--config', 'bridge.yaml'];
      const { code, stdout, ...said } = await runCommand({ cwd: path, env: variant.variables ?? {} }, words);
      // Whether a port is taken here says nothing of a pod.
      const stderr = said.stderr.replace(/^.* is in use at .*\n/gm, '');
      expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: expect.stringContaining(': good'), stderr: '' });
    });

    test('passes the lint of Helm', async () => {
      expect(await runHelm(['lint', '--strict'], variant.values ?? {}, variant.example)).toMatchObject({ code: 0 });
    });

    test('has no name of what is not there', async () => {
      const resources = await resourcesOf(variant);
      const made = new Set(resources.map(({ kind, metadata }) => `${kind} ${metadata.name}`));
      const named = podsOf(resources).flatMap(({ spec }) => [
        `ServiceAccount ${spec.serviceAccountName}`,
        ...spec.volumes.flatMap(({ configMap, persistentVolumeClaim: claim }: Resource) => [
          ...(configMap ? [`ConfigMap ${configMap.name}`] : []),
          ...(claim ? [`PersistentVolumeClaim ${claim.claimName}`] : []),
        ]),
        ...spec.containers.flatMap(({ envFrom = [], env = [] }: Resource) => [
          ...envFrom.map(({ secretRef }: Resource) => `Secret ${secretRef.name}`),
          ...env.flatMap(({ valueFrom }: Resource) => (valueFrom ? [`Secret ${valueFrom.secretKeyRef.name}`] : [])),
        ]),
      ]);
      const notMade = new Set(named.filter((name) => !made.has(name)));
      const theirs: Readonly<Record<string, readonly string[]>> = {
        gateway: ['Secret boxbridge', 'ServiceAccount default'],
        ingress: ['ServiceAccount default'],
      };
      const ofEverything = ['ConfigMap more', 'PersistentVolumeClaim old', 'ServiceAccount theirs'];
      const expected = variant.values === everything ? ofEverything : (theirs[variant.example ?? ''] ?? []);
      expect([...notMade].sort()).toEqual(expected);
      const deployment = the('Deployment', resources);
      for (const { spec } of resources.filter(({ kind }) => kind === 'HorizontalPodAutoscaler')) {
        expect(spec.scaleTargetRef).toEqual({
          apiVersion: 'apps/v1',
          kind: 'Deployment',
          name: deployment.metadata.name,
        });
        expect(deployment.spec.replicas).toBeUndefined();
      }
      const service = the('Service', resources, deployment.metadata.name);
      for (const { spec } of resources.filter(({ kind }) => kind === 'HTTPRoute')) {
        const [{ port }] = service.spec.ports;
        expect(spec.rules[0].backendRefs).toEqual([{ name: service.metadata.name, port }]);
      }
      for (const { spec } of resources.filter(({ kind }) => kind === 'Ingress')) {
        const backends = spec.rules.flatMap(({ http }: Resource) => http.paths.map(({ backend }: Resource) => backend));
        for (const backend of backends)
          expect(backend.service).toEqual({ name: service.metadata.name, port: { name: 'http' } });
      }
    });

    test('selects the pods of the bridge, and those of the Job nowhere', async () => {
      const resources = await resourcesOf(variant);
      const { labels, annotations = {} } = the('Deployment', resources).spec.template.metadata;
      const others = resources.filter(({ kind }) => kind === 'Job').map(({ spec }) => spec.template.metadata.labels);
      const selectors = resources
        .filter(({ metadata }) => !metadata.annotations?.['helm.sh/hook'])
        .flatMap(({ kind, spec }): Resource[] => {
          if (kind === 'Service') return [spec.selector];
          if (kind === 'NetworkPolicy') return [spec.podSelector.matchLabels];
          return kind === 'Deployment' || kind === 'PodDisruptionBudget' ? [spec.selector.matchLabels] : [];
        });
      expect(selectors.length).toBeGreaterThan(3);
      for (const selector of selectors) {
        expect(labels).toMatchObject(selector);
        for (const other of others) expect(other).not.toMatchObject(selector);
      }
      for (const { spec } of resources.filter(({ kind }) => kind === 'ServiceMonitor')) {
        expect(the('Service', resources, `${RELEASE}-boxbridge-admin`).metadata.labels).toMatchObject(
          spec.selector.matchLabels,
        );
      }
      expect(annotations['checksum/config']).toMatch(/^[0-9a-f]{64}$/);
    });

    test('has pods without a right that they do not need', async () => {
      const pods = podsOf(await resourcesOf(variant));
      for (const { spec } of pods) {
        expect(spec).toMatchObject({
          automountServiceAccountToken: false,
          securityContext: { runAsNonRoot: true, runAsUser: 10001, seccompProfile: { type: 'RuntimeDefault' } },
        });
        for (const { securityContext, image } of spec.containers) {
          expect(image).toMatch(/^registry\.example\.com\/boxbridge(:\d+\.\d+\.\d+|@sha256:0{64})$/);
          expect(securityContext).toEqual({
            allowPrivilegeEscalation: false,
            readOnlyRootFilesystem: true,
            capabilities: { drop: ['ALL'] },
          });
        }
      }
      expect(pods).toHaveLength(variant.kinds.includes('Job') ? 2 : 1);
    });

    test('is asked at the admin listener, and has the time to stop in good order', async () => {
      const resources = await resourcesOf(variant);
      const { listen, admin, limits = {} } = parse(bridgeOf(resources));
      const { spec } = the('Deployment', resources).spec.template;
      const container = spec.containers.find(({ name }: Resource) => name === 'bridge');
      const probes = [container.startupProbe, container.livenessProbe, container.readinessProbe];
      expect(probes.map(({ httpGet }) => httpGet)).toEqual([
        { path: '/healthz', port: 'admin' },
        { path: '/healthz', port: 'admin' },
        // While the store is away, too, it answers: `service_unavailable` in the caller's format, and known accounts.
        { path: '/healthz', port: 'admin' },
      ]);
      expect(container.ports).toEqual([
        { name: 'http', containerPort: listen.port },
        { name: 'admin', containerPort: admin.port },
      ]);
      expect({ listen: listen.host, admin: admin.host }).toEqual({ listen: '0.0.0.0', admin: '0.0.0.0' });
      const pause = Number(container.lifecycle.preStop.exec.command[1]);
      const { shutdown_ms = 10_000 } = limits;
      expect(spec.terminationGracePeriodSeconds).toBeGreaterThan(pause + shutdown_ms / 1000 + 1);
    });

    test('holds no secret but in Secrets', async () => {
      const resources = await resourcesOf(variant);
      const rest = JSON.stringify(resources.filter(({ kind }) => kind !== 'Secret'));
      const notes = await runHelm(['install', '--dry-run=client', RELEASE], variant.values ?? {}, variant.example);
      expect(notes.stdout).toContain('NOTES:');
      const secrets = [KEY, 'pass-of-store', 'key-of-invoices'];
      for (const text of [rest, notes.stdout.split('NOTES:')[1], notes.stderr]) {
        for (const form of secrets.flatMap(encodings)) expect(text).not.toContain(form);
        expect(text).not.toMatch(/:\/\/[^/@\s"]*:[^@\s"]*@/);
      }
      for (const { data } of resources.filter(({ kind }) => kind === 'Secret')) {
        const values = Object.entries<string>(data).map(([name, value]) => [
          name,
          Buffer.from(value, 'base64').toString(),
        ]);
        expect(Object.fromEntries(values)).toEqual(secret.values);
      }
    });
  });

  describe('gives names and labels that Kubernetes takes', () => {
    // https://kubernetes.io/docs/concepts/overview/working-with-objects/names/ and …/labels/
    const SERVICE = /^[a-z]([-a-z0-9]{0,61}[a-z0-9])?$/;
    const LABEL = /^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$/;
    const labelsOf = ({ metadata, spec }: Resource) =>
      [metadata.labels, spec?.template?.metadata.labels, spec?.selector?.matchLabels].flatMap((labels) =>
        Object.values<string>(labels ?? {}),
      );
    const expectGood = (resources: readonly Resource[]) => {
      for (const { metadata } of resources) expect(metadata.name).toMatch(SERVICE);
      for (const label of resources.flatMap(labelsOf)) expect(label).toMatch(LABEL);
    };

    test.each<[what: string, release: string, values: object]>([
      ['a release with a dot', 'box.net', {}],
      ['the longest release', 'a'.repeat(53), {}],
      ['hyphens where a name is cut', `${'a'.repeat(48)}--bc`, {}],
      ['the longest name', RELEASE, { fullnameOverride: 'a'.repeat(253) }],
      ['a dot where a label is cut', RELEASE, { nameOverride: `${'a'.repeat(49)}.b` }],
      ['a name with a dot', RELEASE, { nameOverride: 'a.b' }],
    ])('to %s', async (_what, release, values) => {
      expectGood(await rendered({ secret, ...values }, 'ingress', release));
    });

    const ofPostgres = { kind: 'postgres', postgres: { secretName: '2026', secretKey: 'y' } };
    // What YAML takes for numbers, booleans and nothing.
    const texts = {
      fullnameOverride: 'no',
      nameOverride: 'n',
      serviceAccount: { name: 'off' },
      ingress: { className: 'null', tlsSecret: '2026' },
      priorityClassName: 'true',
      spreadOver: ['y'],
      image: { pullSecrets: [{ name: '2026' }] },
    };
    test.each<[what: string, values: object]>([
      [
        'a bridge with SQLite',
        { store: { kind: 'sqlite', sqlite: { existingClaim: '1e3' } }, autoscaling: { enabled: false } },
      ],
      [
        'a volume of a class',
        { store: { kind: 'sqlite', sqlite: { storageClass: '0x1' } }, autoscaling: { enabled: false } },
      ],
      ['a Secret of mine', { store: ofPostgres, secret: { existing: '2026' } }],
      [
        'a role and an account of mine',
        {
          store: ofPostgres,
          secret: { existing: '1' },
          migration: { secretName: '2', secretKey: 'no' },
          serviceAccount: { create: false, name: 'off' },
        },
      ],
    ])('to %s, from names that look like something else', async (_what, values) => {
      const resources = await rendered({ ...texts, ...values }, 'ingress', 'on');
      expectGood(resources);
      for (const resource of resources) new (modelOf(resource)[0])(resource).validate();
    });

    test.each(['0.2.0+build.7', `0.2.0-${'a'.repeat(50)}.b`])('to version %s, and an image', async (version) => {
      const { path, remove } = await temporaryFolder();
      afterwards(remove);
      const words = ['package', pathIn('helm'), '--version', version, '--app-version', version, '-d', path];
      await promisify(execFile)('helm', words);
      const chart = join(path, `boxbridge-${version}.tgz`);
      const resources = resourcesIn((await promisify(execFile)('helm', ['template', RELEASE, chart])).stdout);
      expectGood(resources);
      const [{ image }] = the('Deployment', resources).spec.template.spec.containers;
      expect(image).toMatch(/^registry\.example\.com\/boxbridge:\w[\w.-]{0,127}$/);
    });
  });

  test('has no key that Kubernetes does not know', async () => {
    const folder = await temporaryFolder();
    afterwards(folder.remove);
    await symlink(join(root, 'node_modules'), join(folder.path, 'node_modules'));
    const resources = (await Promise.all(variants.map(resourcesOf))).flat();
    // The compiler complains about what a type lacks, in literals.
    const typed = (wrong: object) =>
      resources.map((resource, n) => {
        const [, path] = modelOf(resource);
        const value = JSON.stringify({ ...resource, ...wrong });
        return `import type { I${resource.kind} as I${n} } from '${path}/${resource.kind}';\nexport const a${n}: I${n} = ${value};\n`;
      });
    const flags = '--ignoreConfig --noEmit --strict --module nodenext --target es2023 --types node --skipLibCheck';
    const files = [join(folder.path, 'manifests.mts'), join(folder.path, 'wrong.mts')] as const;
    await writeFile(files[0], typed({}).join(''));
    await writeFile(files[1], typed({ nonsense: 1 }).join(''));
    const tsc = [join(root, 'node_modules/typescript/bin/tsc'), ...flags.split(' '), '--typeRoots'];
    const words = [...tsc, join(root, 'node_modules/@types'), ...files];
    const compiled = promisify(execFile)(process.execPath, words, { cwd: folder.path });
    const complaints = await compiled.then(
      ({ stdout }) => stdout,
      ({ stdout }) => stdout,
    );
    const [about, aboutWrong] = ['manifests', 'wrong'].map((name) =>
      complaints.split('\n').filter((line: string) => line.startsWith(name)),
    );
    expect(about).toEqual([]);
    expect(aboutWrong).toHaveLength(resources.length);
    for (const complaint of aboutWrong ?? []) expect(complaint).toMatch(/nonsense"?' does not exist/);
  });

  describe('a changed', () => {
    const checksums = async (values: object) =>
      the('Deployment', await rendered(values, 'ingress')).spec.template.metadata.annotations;
    const changed: readonly [what: string, values: object, same: { config: boolean; secret: boolean }][] = [
      ['configuration rolls the pods', { secret, config: { rate: 60 } }, { config: false, secret: true }],
      [
        'Secret rolls the pods',
        { secret: { values: { ...secret.values, API_KEY: 'b' } } },
        { config: true, secret: false },
      ],
      ['number of pods rolls none', { secret, autoscaling: { maxReplicas: 9 } }, { config: true, secret: true }],
    ];

    test.each(changed)('%s', async (_what, values, same) => {
      const [before, after] = [await checksums({ secret }), await checksums(values)];
      const isSame = (name: string) => before[`checksum/${name}`] === after[`checksum/${name}`];
      expect({ config: isSame('config'), secret: isSame('secret') }).toEqual(same);
    });
  });

  describe('its Job', () => {
    test('comes with all that it names, before the rest of the release', async () => {
      const resources = await rendered({ secret }, 'ingress');
      const hooks = resources.filter(({ metadata }) => metadata.annotations?.['helm.sh/hook']);
      const job = the('Job', hooks);
      for (const { metadata } of hooks) expect(metadata.annotations['helm.sh/hook']).toBe('pre-install,pre-upgrade');
      const weight = ({ metadata }: Resource) => Number(metadata.annotations['helm.sh/hook-weight']);
      const before = hooks.filter((each) => each !== job && weight(each) < weight(job));
      expect(before.map(({ kind }) => kind).sort()).toEqual(['ConfigMap', 'NetworkPolicy', 'Secret']);
      const [container] = job.spec.template.spec.containers;
      const names = [
        container.envFrom[0].secretRef.name,
        ...container.env.map((it: Resource) => it.valueFrom.secretKeyRef.name),
      ];
      expect(new Set(names)).toEqual(new Set([the('Secret', before).metadata.name]));
      expect(job.spec.template.spec.volumes[0].configMap.name).toBe(the('ConfigMap', before).metadata.name);
      expect(the('ConfigMap', before).data['bridge.yaml']).toBe(bridgeOf(resources));
      expect(job.spec.template.metadata.labels).toMatchObject(
        the('NetworkPolicy', before).spec.podSelector.matchLabels,
      );
    });

    test('gives the bridge a command that it takes, and the store of the Secret', async () => {
      const { path, remove } = await temporaryFolder();
      afterwards(remove);
      const resources = await rendered({ secret }, 'ingress');
      await writeFile(join(path, 'bridge.yaml'), bridgeOf(resources));
      const [{ args }] = the('Job', resources).spec.template.spec.containers;
      const words = args.map((word: string) => word.replace('/etc/boxbridge/', ''));
      const ended = await runCommand({ cwd: path, env: secret.values }, words);
      expect(ended).toMatchObject({
        code: 1,
        stderr: expect.stringContaining('store 127.0.0.1:1/boxbridge (connect ECONN'),
      });
      expect(ended.stderr).not.toContain('pass-of-store');
    });

    test('may have a database role of its own, and is not there where pods shall do it', async () => {
      const migration = { secretName: 'owner', secretKey: 'uri' };
      const job = the('Job', await rendered({ ...postgres, migration }));
      expect(job.spec.template.spec.containers[0].env[0]).toEqual({
        name: 'BOXBRIDGE_STORE',
        valueFrom: { secretKeyRef: { name: 'owner', key: 'uri' } },
      });
      const without = await rendered({ ...postgres, migration: { enabled: false } });
      expect(without.filter(({ metadata }) => metadata.annotations?.['helm.sh/hook'])).toEqual([]);
    });
  });

  test('takes the URL of the store from a Secret of the database', async () => {
    const store = { kind: 'postgres', postgres: { secretName: 'cluster-app', secretKey: 'uri' } };
    const [{ env }] = the('Deployment', await rendered({ ...postgres, store })).spec.template.spec.containers;
    expect(env).toEqual([
      { name: 'BOXBRIDGE_STORE', valueFrom: { secretKeyRef: { name: 'cluster-app', key: 'uri' } } },
      { name: 'BOXBRIDGE_KEY', valueFrom: { secretKeyRef: { name: 'mine', key: 'BOXBRIDGE_KEY' } } },
    ]);
  });

  test('keeps the volume of SQLite after the release, for one pod at a time', async () => {
    const resources = await rendered();
    const claim = the('PersistentVolumeClaim', resources);
    expect(claim.metadata.annotations).toEqual({ 'helm.sh/resource-policy': 'keep' });
    const { strategy, replicas, template } = the('Deployment', resources).spec;
    expect({ strategy, replicas }).toEqual({ strategy: { type: 'Recreate' }, replicas: 1 });
    const [{ volumeMounts }] = template.spec.containers;
    const { mountPath } = volumeMounts.find(({ name }: Resource) => name === 'data');
    const { store, key_file } = parse(bridgeOf(resources));
    expect([store, key_file]).toEqual([`sqlite:${mountPath}/bridge.db`, `${mountPath}/bridge.key`]);
    // What moves to PostgreSQL with its `user_id`s.
    const page = textOf('../docs/kubernetes.md');
    for (const moved of [`store copy ${store} `, `base64 -w0 ${key_file})`]) expect(page).toContain(moved);
  });

  test('answers calls from its sandbox, as its pod starts the two', async () => {
    const { path, remove } = await temporaryFolder();
    afterwards(remove);
    const resources = await rendered({}, 'sandbox');
    const [bridge, sandbox] = the('Deployment', resources).spec.template.spec.containers;
    const start = (args: readonly string[], ...others: readonly (readonly [string, string])[]) => {
      const words = args.map((word) => new Map(others).get(word) ?? word);
      return startNodeIn({ cwd: path }, program, ...words);
    };
    const played = await start(sandbox.args, ['8081', '0']).line(/^seatable\t/);
    const [, baseUrl = '', credential = ''] = played.split('\t');
    const config = adapted(bridgeOf(resources), [
      [/\/data\//g, `${path}/data/`],
      ['http://127.0.0.1:8081', new URL(baseUrl).origin],
      [/ port: \d+/g, ' port: 0'],
    ]);
    await writeFile(join(path, 'bridge.yaml'), config);
    const running = start(bridge.args, ['/etc/boxbridge/bridge.yaml', 'bridge.yaml']);
    const addressOf = async (what: RegExp) => urlIn(await running.line(what)).replace('0.0.0.0', '127.0.0.1');
    const admin = await addressOf(/^Its metrics/);
    for (const probe of ['healthz', 'readyz']) expect((await fetch(`${admin}/${probe}`)).status).toBe(200);
    const query = new URLSearchParams({ action: 'get_account_info', api_key: 'seatable-demo', auth_token: credential });
    const reply = await fetch(`${await addressOf(/answers at/)}/api/1.0/rest?${query}`);
    expect(await reply.text()).toContain('<status>get_account_info_ok</status>');
  });

  test('trusts the nearest proxy, unless the configuration says otherwise', async () => {
    const trusted = async (values: object) => parse(bridgeOf(await rendered(values))).trust_proxy;
    const ingress = { enabled: true, hosts: ['www.box.example.com'] };
    expect(await trusted({})).toBeUndefined();
    expect(await trusted({ ingress })).toBe(1);
    expect(await trusted({ ingress, config: { trust_proxy: false } })).toBe(false);
    expect(await trusted({ ingress, config: { trust_proxy: ['10.0.0.0/8'] } })).toEqual(['10.0.0.0/8']);
  });

  test('lets in calls and metrics, and out to names, the database and the modern APIs', async () => {
    const { spec } = the('NetworkPolicy', await rendered({ secret }, 'ingress'), `${RELEASE}-boxbridge`);
    const portsOf = (rules: readonly Resource[]) => rules.map(({ ports }) => ports.map(({ port }: Resource) => port));
    expect(portsOf(spec.ingress)).toEqual([[8080], [9464]]);
    expect(portsOf(spec.egress)).toEqual([[53, 53], [5432], [443]]);
    expect(spec.egress[2].to.map(({ ipBlock }: Resource) => ipBlock.cidr)).toEqual(['0.0.0.0/0', '::/0']);
  });

  test('lets out to the limits_store, and to a database at a port of its own for the Job, too', async () => {
    const networkPolicy = {
      enabled: true,
      limitsStoreTo: [{ podSelector: { matchLabels: { app: 'valkey' } } }],
      limitsStorePort: 6380,
      extraEgress: [{ ports: [{ port: 6432 }] }],
    };
    const egressOf = async (config: object, name: string) =>
      the('NetworkPolicy', await rendered({ ...postgres, networkPolicy, config }), name).spec.egress;
    const toValkey = { to: networkPolicy.limitsStoreTo, ports: [{ protocol: 'TCP', port: 6380 }] };
    for (const config of [{ limits_store: 'valkey://valkey' }, { limits_store_file: '/secrets/valkey' }]) {
      expect(await egressOf(config, `${RELEASE}-boxbridge`)).toContainEqual(toValkey);
    }
    expect(await egressOf({}, `${RELEASE}-boxbridge`)).not.toContainEqual(toValkey);
    for (const name of ['boxbridge', 'boxbridge-migration'])
      expect(await egressOf({}, `${RELEASE}-${name}`)).toContainEqual({ ports: [{ port: 6432 }] });
  });

  test('takes secrets of the configuration as variables of the Secret', async () => {
    const variable = (name: string) => `\${${name}}`;
    const ofVendor = { client_id: 'bridge', client_secret: variable('OF_THE_VENDOR'), credentials: 'vault' };
    const config = {
      limits_store: `valkey://bridge:${variable('OF_VALKEY')}@valkey/0`,
      applications: [{ api_key: variable('KEY'), provider: 'golem', ...ofVendor }],
    };
    expect(parse(bridgeOf(await rendered({ config })))).toMatchObject(config);
  });

  test('takes a path with characters that YAML has a use for', async () => {
    const paths = ['/api:', '/a}', '/{b'];
    const ingress = the('Ingress', await rendered({ ingress: { enabled: true, hosts: ['a.example'], paths } }));
    expect(ingress.spec.rules[0].http.paths.map(({ path }: Resource) => path)).toEqual(paths);
    const gateway = { enabled: true, parentRefs: [{ name: 'a' }], paths };
    const route = the('HTTPRoute', await rendered({ gateway }));
    expect(route.spec.rules[0].matches.map(({ path }: Resource) => path.value)).toEqual(paths);
  });

  test('scales by the CPU or by a metric that a bridge tells', async () => {
    const autoscaling = { enabled: true };
    expect(the('HorizontalPodAutoscaler', await rendered({ ...postgres, autoscaling })).spec.metrics).toEqual([
      { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 70 } } },
    ]);
    const { metrics } = the('HorizontalPodAutoscaler', await rendered({ secret }, 'ingress')).spec;
    const [metric] = metrics;
    expect(metric.pods.target).toEqual({ type: 'AverageValue', averageValue: '40' });
    // The alerts have names of a running bridge alone: metrics.test.ts.
    expect(textOf('prometheus/alerts.yaml')).toContain(`(${metric.pods.metric.name}{`);
  });

  test('alerts of the rules of prometheus/, and of the limit that its configuration has', async () => {
    const resources = await rendered({ workers: 3 }, 'gateway');
    const [group] = the('PrometheusRule', resources).spec.groups;
    const text = textOf('prometheus/alerts.yaml').replace('* 1024', '* 6144');
    expect(group).toEqual(parse(text).groups[0]);
    expect(JSON.stringify(group)).toContain('0.8 * 6144');
    const [{ relabelings, port }] = the('ServiceMonitor', resources).spec.endpoints;
    expect(JSON.stringify(group)).toContain(`job=\\"${relabelings[0].replacement}\\"`);
    expect(port).toBe(the('Service', resources, `${RELEASE}-boxbridge-admin`).spec.ports[0].name);
  });

  describe('refuses, in words,', () => {
    const applications = [{ api_key: 'k', provider: 'golem' }];
    const withStore = (url: string) => ({
      store: { kind: 'postgres' },
      secret: { values: { BOXBRIDGE_KEY: KEY, BOXBRIDGE_STORE: url } },
    });
    const refusals: readonly [what: string, values: object, words: string][] = [
      ['pods that share a SQLite file', { replicas: 2 }, '- replicas: 2 pods cannot share a SQLite file'],
      ['autoscaling with SQLite', { autoscaling: { enabled: true } }, '- autoscaling.enabled: several pods cannot'],
      ['PostgreSQL without a key', { store: { kind: 'postgres' } }, 'takes one BOXBRIDGE_KEY for all pods'],
      ['PostgreSQL without a URL', { store: { kind: 'postgres' } }, 'takes the URL of the database'],
      [
        'a store of another kind',
        { store: { kind: 'mysql' } },
        "'/store/kind': value must be one of 'sqlite', 'postgres'",
      ],
      [
        'a URL of another store',
        withStore('mysql://u:not-for-logs@h/d'),
        '- secret.values.BOXBRIDGE_STORE: has to be a URL',
      ],
      [
        'a key that is none',
        { secret: { values: { BOXBRIDGE_KEY: 'not-for-logs' } } },
        '- secret.values.BOXBRIDGE_KEY: has',
      ],
      ['two Secrets', { secret: { existing: 'mine', values: { A: 'not-for-logs' } } }, '- secret: name one of yours'],
      ['a variable without a name', { secret: { values: { 'a b': 'not-for-logs' } } }, "'a b' does not match"],
      [
        'a secret that is no text',
        { secret: { values: { A: 12345678 } } },
        "'/secret/values/A': got number, want string",
      ],
      ['a store in the configuration', { config: { store: 'sqlite:a' } }, '- config.store: the chart sets it'],
      ['a listener in the configuration', { config: { listen: { port: 1 } } }, '- config.listen: the chart sets it'],
      ['a port of admin in it', { config: { admin: { port: 1 } } }, '- config.admin.port: the chart sets it'],
      [
        'a password in it',
        { config: { limits_store: 'valkey://u:not-for-logs@h' } },
        '- config: one of its URLs has a password',
      ],
      [
        'a password that begins with a dollar, which is no variable',
        { config: { limits_store: 'valkey://u:$not-for-logs@h' } },
        '- config: one of its URLs has a password',
      ],
      [
        'a client secret in it',
        { config: { applications: [{ ...applications[0], client_secret: 'not-for-logs' }] } },
        '- config.applications[0].client_secret: a ConfigMap',
      ],
      ['a file with the store in it', { config: { store_file: '/a' } }, '- config.store_file: the chart sets it'],
      [
        'a drain of no known length',
        { config: { limits: { shutdown_ms: 'long' } } },
        '- config.limits.shutdown_ms: has to be',
      ],
      [
        'a drain in quotes, which the bridge does not take',
        { config: { limits: { shutdown_ms: '15000' } } },
        '- config.limits.shutdown_ms: has to be',
      ],
      ['a configuration without applications', { config: { applications: [] } }, "'/config/applications': minItems"],
      [
        'an Ingress and a Gateway',
        { ingress: { enabled: true }, gateway: { enabled: true } },
        '- ingress, gateway: enable',
      ],
      ['an Ingress without a host', { ingress: { enabled: true } }, '- ingress.hosts: name the host'],
      ['a route without a Gateway', { gateway: { enabled: true } }, '- gateway.parentRefs: name the Gateway'],
      ['a digest that is none', { image: { digest: 'latest' } }, "'/image/digest': 'latest' does not match"],
      [
        'fewer pods at most than at least',
        { ...postgres, autoscaling: { enabled: true, minReplicas: 7 } },
        '- autoscaling: minReplicas 7',
      ],
      [
        'autoscaling by a share of nothing',
        { ...postgres, autoscaling: { enabled: true }, resources: { requests: { cpu: null } } },
        '- autoscaling.metric cpu',
      ],
      [
        'a URL of PostgreSQL with SQLite',
        { secret: { values: { BOXBRIDGE_STORE: 'postgres://u:not-for-logs@h/d' } } },
        '- store.kind: is sqlite, and',
      ],
      ['its Secret with SQLite', { store: { postgres: { secretName: 'db' } } }, '- store.kind: is sqlite, and'],
      ['a role that changes tables with SQLite', { migration: { secretName: 'db' } }, '- store.kind: is sqlite, and'],
      [
        'a second key beside that of the Secret',
        { ...postgres, extraEnv: [{ name: 'BOXBRIDGE_KEY', value: 'not-for-logs' }] },
        '- extraEnv: the chart takes BOXBRIDGE_KEY',
      ],
      [
        'a variable that is no text',
        { extraEnv: [{ name: 'A', value: 12345678 }] },
        "'/extraEnv/0/value': got number, want string",
      ],
      ['a sandbox at a port of the bridge', { sandbox: { enabled: true, port: 9464 } }, '- sandbox.port: 9464 is'],
      ['a name that no Service has', { fullnameOverride: 'a.b' }, "'/fullnameOverride': 'a.b' does not match"],
      ['a sandbox with PostgreSQL', { ...postgres, sandbox: { enabled: true } }, '- sandbox.enabled: its accounts'],
      ['a name that it does not know', { replicaCount: 2 }, "additional properties 'replicaCount' not allowed"],
      [
        'a name inside that it does not know',
        { store: { sqlite: { path: '/a' } } },
        "'/store/sqlite': additional properties 'path'",
      ],
      ['a value taken away', { secret: null, config: { applications } }, "missing property 'secret'"],
    ];

    test.each(refusals)('%s', async (_what, values, words) => {
      const { code, stdout, stderr } = await runHelm(['template', RELEASE], values);
      expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
      expect(stderr).toContain(words);
      expect(stderr).not.toMatch(/not-for-logs|12345678|nil pointer/);
    });

    test('a release whose Services would begin with a digit', async () => {
      const said = await runHelm(['template', '1st'], {});
      expect(said).toMatchObject({ code: 1, stderr: expect.stringContaining('and 1st-boxbridge does not') });
      expect(await runHelm(['template', '1st'], { fullnameOverride: 'first' })).toMatchObject({ code: 0 });
    });

    test('all that is wrong at once', async () => {
      const { stderr } = await runHelm(['template', RELEASE], { replicas: 2, ingress: { enabled: true } });
      expect(stderr.match(/^- /gm)).toHaveLength(2);
    });
  });
});

describe('the files of the chart', () => {
  test('its alerts are those of prometheus/: after a change, copy that file', () => {
    expect(textOf('helm/files/alerts.yaml')).toBe(textOf('prometheus/alerts.yaml'));
  });

  test('its schema has the values that there are, and no others', () => {
    const schema = JSON.parse(textOf('helm/values.schema.json'));
    const compare = (path: string, values: Resource, { properties, additionalProperties }: Resource): string[] => {
      if (additionalProperties !== false) return [];
      const names = new Set([...Object.keys(properties), ...Object.keys(values ?? {})]);
      return [...names].flatMap((name) => {
        const own = `${path}.${name}`;
        if (!(name in properties) || !(name in (values ?? {}))) return [own];
        return compare(own, values[name], properties[name]);
      });
    };
    const values = parse(textOf('helm/values.yaml'));
    // Helm's own, for all charts of a release.
    expect(compare('', values, schema)).toEqual(['.global']);
  });
});
