import { execFile } from 'node:child_process';
import { symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import { Deployment } from 'kubernetes-models/apps/v1';
import { HorizontalPodAutoscaler } from 'kubernetes-models/autoscaling/v2';
import { Ingress, NetworkPolicy } from 'kubernetes-models/networking.k8s.io/v1';
import { PodDisruptionBudget } from 'kubernetes-models/policy/v1';
import { ConfigMap, Secret, Service } from 'kubernetes-models/v1';
import { parse } from 'yaml';
import { readConfig } from '../../src/config/load.js';
import { actionNames } from '../../src/core/actions.js';
import { providers } from '../../src/providers/index.js';
import { afterwards } from '../support/cleanup.js';
import { temporaryFolder } from '../support/servers/bridge.js';
import { root, textOf } from './files.js';

const of = (name: string) => parse(textOf('kubernetes', `${name}.yaml`));

const deployment = of('deployment');
const service = of('service');
const policy = of('network-policy');
const pod = deployment.spec.template.spec;
const [container] = pod.containers;
const config = readConfig(of('configmap').data['bridge.yaml'], { directory: '/', actions: actionNames, providers });

const kinds = [
  ['configmap', ConfigMap, 'v1'],
  ['secret.example', Secret, 'v1'],
  ['deployment', Deployment, 'apps/v1'],
  ['service', Service, 'v1'],
  ['autoscaler', HorizontalPodAutoscaler, 'autoscaling/v2'],
  ['disruption-budget', PodDisruptionBudget, 'policy/v1'],
  ['network-policy', NetworkPolicy, 'networking.k8s.io/v1'],
  ['ingress', Ingress, 'networking.k8s.io/v1'],
] as const;

describe('the manifests', () => {
  test.each(kinds)('%s is as its schema says', (...[name, Kind]) => {
    new Kind(of(name)).validate();
  });

  test('have no key that Kubernetes does not know', async () => {
    const folder = await temporaryFolder();
    afterwards(folder.remove);
    await symlink(join(root, 'node_modules'), join(folder.path, 'node_modules'));
    // The compiler complains about what a type lacks, in literals.
    const typed = (wrong: object) =>
      kinds.map(([name, { name: kind }, version]) => {
        const value = JSON.stringify({ ...of(name), ...wrong });
        return `import type { I${kind} } from 'kubernetes-models/${version}';\nexport const a${kind}: I${kind} = ${value};\n`;
      });
    const flags = '--ignoreConfig --noEmit --strict --module nodenext --target es2023 --types node --skipLibCheck';
    const check = async (wrong: object) => {
      const file = join(folder.path, 'manifests.mts');
      await writeFile(file, typed(wrong).join(''));
      const tsc = [join(root, 'node_modules/typescript/bin/tsc'), ...flags.split(' '), '--typeRoots'];
      const words = [...tsc, join(root, 'node_modules/@types'), file];
      return promisify(execFile)(process.execPath, words, { cwd: folder.path }).then(
        ({ stdout }) => stdout,
        ({ stdout }) => stdout,
      );
    };
    expect(await check({})).toBe('');
    expect((await check({ nonsense: 1 })).match(/nonsense"?' does not exist/g)).toHaveLength(kinds.length);
  });

  test('are all among the resources, but for the secret', () => {
    const { resources } = of('kustomization');
    const others = kinds.map(([name]) => `${name}.yaml`).filter((name) => name !== 'secret.example.yaml');
    expect([...resources].sort()).toEqual(others.sort());
  });

  test('name no namespace and nothing that is not there', () => {
    for (const [name] of kinds) {
      expect(of(name).metadata).toMatchObject({ name: 'boxbridge' });
      expect(of(name).metadata.namespace).toBeUndefined();
    }
    const { kind, name } = of('autoscaler').spec.scaleTargetRef;
    expect({ kind, name }).toEqual({ kind: deployment.kind, name: deployment.metadata.name });
    expect(pod.volumes[0].configMap.name).toBe(of('configmap').metadata.name);
    expect(container.envFrom[0].secretRef.name).toBe(of('secret.example').metadata.name);
    expect(of('ingress').spec.rules[0].http.paths[0].backend.service).toEqual({
      name: service.metadata.name,
      port: { name: service.spec.ports[0].name },
    });
  });

  test('select the pods', () => {
    const { labels } = deployment.spec.template.metadata;
    for (const selector of [
      deployment.spec.selector.matchLabels,
      service.spec.selector,
      of('disruption-budget').spec.selector.matchLabels,
      policy.spec.podSelector.matchLabels,
      pod.topologySpreadConstraints[0].labelSelector.matchLabels,
    ]) {
      expect(labels).toMatchObject(selector);
    }
  });

  test('have no secret in them', () => {
    for (const value of Object.values(of('secret.example').stringData)) expect(value).toMatch(/^REPLACE-/);
  });
});

describe('the pod', () => {
  const ports = new Map<string, number>(
    container.ports.map(({ name, containerPort }: { name: string; containerPort: number }) => [name, containerPort]),
  );

  test('listens where its configuration says', () => {
    expect(Object.fromEntries(ports)).toEqual({ http: config.listen.port, admin: config.admin?.port });
    expect(service.spec.ports[0].targetPort).toBe('http');
    expect(deployment.spec.template.metadata.annotations['prometheus.io/port']).toBe(String(config.admin?.port));
  });

  test('is asked at the admin port', () => {
    const probes = [container.startupProbe, container.livenessProbe, container.readinessProbe];
    expect(probes.map(({ httpGet }) => httpGet)).toEqual([
      { path: '/healthz', port: 'admin' },
      { path: '/healthz', port: 'admin' },
      { path: '/readyz', port: 'admin' },
    ]);
  });

  test('is let in for calls and metrics, and out for names, the database and the modern APIs', () => {
    const portsOf = (rules: { ports: { port: number }[] }[]) => rules.map((rule) => rule.ports.map(({ port }) => port));
    expect(portsOf(policy.spec.ingress)).toEqual([[ports.get('http')], [ports.get('admin')]]);
    expect(portsOf(policy.spec.egress)).toEqual([[53, 53], [5432], [443]]);
    expect(config.store.kind).toBe('postgres');
  });

  test('has the time to stop in good order', () => {
    const pause = Number(container.lifecycle.preStop.exec.command[1]);
    expect(pod.terminationGracePeriodSeconds).toBeGreaterThan(pause + config.limits.shutdownMs / 1000);
  });

  test('has no right that it does not need', () => {
    expect(pod).toMatchObject({ automountServiceAccountToken: false, securityContext: { runAsNonRoot: true } });
    expect(container.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
  });
});
