// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import { FlagError, readFlags } from './flags.ts';

const read = (...more: string[]) =>
  readFlags([
    ...['--engine', 'drachtio://127.0.0.1:9022?secret=s', '--media', 'ng://127.0.0.1:2223', '--spool', '/s'],
    ...more,
  ]);

describe('--config', () => {
  it('may be a directory, with any instance', () => {
    expect(read('--config', '/shards', '--instance', 'Up_1')).toMatchObject({
      config: '/shards',
      configCache: undefined,
      kubeconfig: undefined,
      instance: 'Up_1',
      edge: 'local',
    });
  });

  it('may be a namespace, with a cache and a kubeconfig', () => {
    const flags = [
      ...['--config', 'k8s:trunkline', '--config-cache', '/cache', '--kubeconfig', '/kc'],
      ...['--instance', 'proxy-1', '--edge', 'ashburn'],
    ];
    expect(read(...flags)).toMatchObject({
      config: 'k8s:trunkline',
      configCache: '/cache',
      kubeconfig: '/kc',
    });
  });

  it.each([
    ['k8s:', 'p', 'e', /namespace/],
    ['k8s:Not_One', 'p', 'e', /namespace/],
    ['k8s:tl', 'Up_1', 'e', /--instance Up_1/],
    ['k8s:tl', 'p', 'us.east', /--edge us\.east/],
  ])('%s with instance %s and edge %s is refused', (config, instance, edge, message) => {
    const wrong = () => read('--config', config, '--instance', instance, '--edge', edge);
    expect(wrong).toThrow(FlagError);
    expect(wrong).toThrow(message);
  });
});

describe('--reliable-provisionals', () => {
  it('is off where nothing is said: not every engine bears them', () => {
    expect(read('--config', '/shards').reliableProvisionals).toBe(false);
    expect(read('--config', '/shards', '--reliable-provisionals', 'on').reliableProvisionals).toBe(true);
    expect(() => read('--config', '/shards', '--reliable-provisionals', 'yes')).toThrow(/write on or off/);
  });
});

describe('--probe-interval', () => {
  const interval = (...more: string[]) => read('--config', '/shards', ...more).probeIntervalMs;

  it('is 30 s, or as said in seconds; 0 is none', () => {
    expect(interval()).toBe(30_000);
    expect(interval('--probe-interval', '0.5')).toBe(500);
    expect(interval('--probe-interval', '0')).toBe(0);
  });

  it.each(['soon', '-1', '3601', '1e3'])('%s is refused', (text) => {
    expect(() => interval(`--probe-interval=${text}`)).toThrow(/--probe-interval .*: expected seconds/);
  });
});
