// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { explainCommand } from '@trunkline/cli';
import type { Decision } from '@trunkline/sip-proxy/policy';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  runTrunkline,
  SipPeer,
  startTrunkline,
  type CommandResult,
  type HeaderChanges,
  type OutgoingCall,
  type PeerMessage,
  type Trunkline,
} from '../src/index.ts';
import { CARRIER, explainManifests, PBX, USERS } from '../src/explain-manifests.ts';
import { EXPLAIN_REQUESTS, OFFERS, type ExplainRequest } from '../src/explain-requests.ts';

type Step = Decision['trace'][number];

describe('trunkline explain', () => {
  let up: Trunkline;
  let pbx: SipPeer;
  let pstn: SipPeer;
  let folder: string;
  const sources = new Map<string, SipPeer>();

  beforeAll(async () => {
    pbx = await SipPeer.open({ address: PBX });
    pstn = await SipPeer.open({ address: CARRIER });
    for (const callee of [pbx, pstn]) {
      callee.onInvite = async (call) => {
        await call.reject(503);
      };
    }
    up = await startTrunkline({ manifests: explainManifests({ pbx: pbx.port, pstn: pstn.port }) });
    for (const { source, transport } of EXPLAIN_REQUESTS) {
      const name = `${source} ${transport}`;
      if (!sources.has(name))
        sources.set(name, await SipPeer.open({ address: source, transport, proxy: up.sip }));
    }
    folder = mkdtempSync(join(tmpdir(), 'tl-explain-'));
    for (const [name, text] of Object.entries(OFFERS)) writeFileSync(join(folder, `${name}.sdp`), text);
  }, 90_000);
  afterAll(async () => {
    await up.stop();
    for (const peer of [pbx, pstn, ...sources.values()]) await peer.close();
    rmSync(folder, { recursive: true });
  }, 30_000);

  const peerOf = ({ source, transport }: ExplainRequest) => sources.get(`${source} ${transport}`) as SipPeer;

  const argvOf = (request: ExplainRequest): string[] => {
    const flags: Record<string, string | number | undefined> = {
      to: request.to,
      from: request.from,
      source: `${request.source}:${peerOf(request).port}`,
      transport: request.transport,
      method: request.method,
      'max-forwards': request.maxForwards,
      pai: request.pai,
      rpid: request.rpid,
      authorization: request.authorization,
      user: request.user,
      'sdp-file': request.offer === undefined ? undefined : join(folder, `${request.offer}.sdp`),
    };
    const given = Object.entries(flags).filter(([, value]) => value !== undefined);
    return [
      ...['-f', up.manifestDir, '--json'],
      ...given.flatMap(([name, value]) => [`--${name}`, String(value)]),
      ...(request.diversion ?? []).flatMap((value) => ['--diversion', value]),
    ];
  };

  /** The function that the command runs. */
  const explained = async (request: ExplainRequest): Promise<CommandResult> => {
    let stdout = '';
    let stderr = '';
    const exitCode = await explainCommand(argvOf(request), {
      stdout: { write: (text) => (stdout += text) },
      stderr: { write: (text) => (stderr += text) },
      env: {},
    });
    return { exitCode, stdout, stderr };
  };
  const decide = async (request: ExplainRequest): Promise<Decision> => {
    const { exitCode, stdout, stderr } = await explained(request);
    const decision = JSON.parse(stdout) as Decision;
    const carried = decision.outcome === 'route' || decision.outcome === 'answer-options';
    expect({ exitCode, stderr }).toEqual({ exitCode: carried ? 0 : 1, stderr: '' });
    return decision;
  };

  const headersOf = (request: ExplainRequest): HeaderChanges => ({
    'Max-Forwards': request.maxForwards === undefined ? null : String(request.maxForwards),
    ...(request.pai === undefined ? {} : { 'P-Asserted-Identity': request.pai }),
    ...(request.rpid === undefined ? {} : { 'Remote-Party-ID': request.rpid }),
    ...(request.diversion === undefined ? {} : { Diversion: request.diversion }),
    ...(request.authorization === undefined ? {} : { 'Proxy-Authorization': request.authorization }),
  });
  const place = (request: ExplainRequest): OutgoingCall => {
    const { user, algorithm, offer } = request;
    return peerOf(request).invite({
      to: request.to,
      from: request.from,
      headers: headersOf(request),
      ...(offer === undefined ? {} : { sdp: OFFERS[offer] }),
      ...(user === undefined
        ? {}
        : { auth: { username: user, password: USERS.pbx, ...(algorithm && { algorithm }) } }),
    });
  };

  /**
   * `explain` takes for granted what a live call proves: the words differ. It does not know which targets are down; here those come last
   * in any case.
   */
  const comparable = (trace: readonly Step[], { user }: ExplainRequest): Step[] =>
    trace
      .filter(({ check }) => check !== 'target-health')
      .map((step) => (user !== undefined && step.check === 'digest' ? { ...step, detail: '' } : step));

  const expectedOutcome = (decision: Decision): string => {
    if (decision.outcome === 'reject' || decision.outcome === 'drop') return decision.code;
    return decision.outcome === 'answer-options' ? 'options' : decision.outcome;
  };

  const refusedAs = (final: PeerMessage, decision: Extract<Decision, { outcome: 'reject' }>) => {
    expect(`${final.status} ${final.reason}`).toBe(`${decision.status} ${decision.reason}`);
    expect(final.trunklineCause).toBe(decision.code);
    const text = /;text="((?:[^"\\]|\\.)*)"/.exec(final.header('Reason'))?.[1] ?? '';
    expect(text.replaceAll(/\\(.)/g, '$1')).toBe(decision.text);
  };

  const routedAs = async (
    call: OutgoingCall,
    request: ExplainRequest,
    plan: Extract<Decision, { outcome: 'route' }>['plan'],
  ) => {
    const record = await up.record(call.callId);
    expect(record).toMatchObject({
      direction: plan.direction,
      trunk: plan.trunk.name,
      from: plan.callerId,
      to: plan.calledNumber,
      outcomeCode: 'all-targets-failed',
    });
    expect(record.attempts.map(({ target, uri }) => ({ target, uri }))).toEqual(
      plan.attempts.map(({ target, requestUri }) => ({ target, uri: requestUri })),
    );
    const sent = plan.attempts.filter(({ transport }) => transport === 'udp');
    const callee = request.source === PBX || plan.direction === 'termination' ? pstn : pbx;
    const invites = callee.received('INVITE').slice(-sent.length);
    expect(invites.map(({ uri }) => uri)).toEqual(sent.map(({ requestUri }) => requestUri));
    for (const [index, invite] of invites.entries()) {
      expect(invite.all('Diversion').join(', ')).toBe(plan.diversion.join(', '));
      for (const { name, value } of sent[index]?.headers ?? []) expect(invite.header(name)).toBe(value);
    }
  };

  const compareCall = async (request: ExplainRequest, decision: Decision) => {
    const call = place(request);
    const final = await call.final();
    if (decision.outcome === 'challenge') {
      expect(final.status).toBe(407);
      expect(final.all('Proxy-Authenticate')).toHaveLength(decision.headers.length);
      return;
    }
    const record = await up.record(call.callId);
    expect(comparable(record.trace, request)).toEqual(comparable(decision.trace, request));
    if (decision.outcome === 'route') {
      await routedAs(call, request, decision.plan);
      return;
    }
    if (decision.outcome !== 'reject') throw new Error(`an INVITE was decided as ${decision.outcome}`);
    if (request.user === undefined) refusedAs(final, decision);
    expect(record).toMatchObject({ outcomeCode: decision.code, sipStatus: decision.status, attempts: [] });
    expect(final.status).toBe(decision.status);
  };

  const compareOther = async (request: ExplainRequest, decision: Decision) => {
    const { method, to } = request;
    const final = await peerOf(request).request({ method, uri: to, headers: headersOf(request) });
    if (decision.outcome === 'reject') refusedAs(final, decision);
    else expect(final.status).toBe(200);
  };

  it('has a table worth the name', () => {
    expect(EXPLAIN_REQUESTS.length).toBeGreaterThanOrEqual(60);
    expect(new Set(EXPLAIN_REQUESTS.map(({ name }) => name)).size).toBe(EXPLAIN_REQUESTS.length);
  });

  it.each(EXPLAIN_REQUESTS)('$name: as the live request', async (request) => {
    const decision = await decide(request);
    if (request.expects !== undefined) expect(expectedOutcome(decision)).toBe(request.expects);
    if (request.method === 'INVITE') await compareCall(request, decision);
    else await compareOther(request, decision);
  });

  it('leaves no call behind, and one record for each that was no mere challenge', async () => {
    await up.expectIdle();
    const invites = EXPLAIN_REQUESTS.filter(
      ({ method, expects }) => method === 'INVITE' && expects !== 'challenge',
    );
    const records = await up.calls();
    expect(records).toHaveLength(invites.length);
    const traces = new Set(records.flatMap(({ trace }) => trace.map(({ check }) => check)));
    expect([...traces].sort()).toEqual(CHECKS);
  }, 60_000);

  const byCommand = [
    'an ordinary call',
    'a stranger',
    'a user with MD5',
    'from the carrier to a number',
    'OPTIONS to a domain',
  ];

  it.each(byCommand)(
    '%s: the command itself says the same',
    async (name) => {
      const request = EXPLAIN_REQUESTS.find((each) => each.name === name) as ExplainRequest;
      const real = await runTrunkline(['explain', ...argvOf(request)]);
      expect(real).toEqual(await explained(request));
      const forPeople = await runTrunkline([
        'explain',
        ...argvOf(request).filter((flag) => flag !== '--json'),
      ]);
      const decision = JSON.parse(real.stdout) as Decision;
      for (const { check, detail } of decision.trace) {
        expect(forPeople.stdout).toContain(check);
        expect(forPeople.stdout).toContain(detail);
      }
      expect(forPeople.exitCode).toBe(real.exitCode);
    },
    30_000,
  );
});

/** Every check that leaves a step in a trace of an INVITE. */
const CHECKS = [
  'account-active',
  'authentication-configured',
  'called-number',
  'caller-id',
  'caller-name',
  'carrier-route',
  'digest',
  'diversion',
  'limits',
  'max-forwards',
  'media-offer',
  'origination-route',
  'recording',
  'secure-transport',
  'source-address',
  'target-health',
  'trial-destination',
  'who-is-calling',
];
