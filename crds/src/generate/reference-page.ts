// SPDX-License-Identifier: Apache-2.0
import { API_VERSION, CATEGORY, type KindDefinition } from '../schema/kind-definition.ts';
import { FORMS, type Form } from '../schema/forms.ts';
import { isTransitionRule, type CelRule } from '../schema/rule.ts';
import { asNode, requiredFields, type SchemaNode } from '../schema/schema-node.ts';

/** `docs/reference/resources.md`: one table per kind. */
export function referencePage(kinds: readonly KindDefinition[]): string {
  const intro = [
    '<!-- Generated from crds/src/kinds by `make generate`. -->',
    '# Resources',
    '',
    `All kinds are of \`${API_VERSION}\`. \`kubectl get ${CATEGORY}\` lists them all; \`kubectl explain trunk.spec\` shows the same texts`,
    'as this page. A namespace is an account: cluster-scoped kinds belong to the administrator. Durations are strings such as `24h`,',
    '`4s`, `500ms` or `1h30m`. Every status has `conditions`, of which `Ready` is the summary: `kubectl wait --for=condition=Ready',
    'trunk/acme` returns when the next call works.',
    '',
    '| kind | short name | scope | SID | what it is |',
    '|---|---|---|---|---|',
    ...kinds.map(overviewRow),
  ];
  return `${[...intro, ...kinds.flatMap(kindSection)].join('\n')}\n`;
}

function overviewRow({ kind, shortNames, scope, sidPrefix, description }: KindDefinition): string {
  return row([
    `[${kind}](#${kind.toLowerCase()})`,
    shortNames.join(', '),
    scope.toLowerCase(),
    sidPrefix,
    description,
  ]);
}

function kindSection(definition: KindDefinition): string[] {
  const { kind, description, spec, status, rules } = definition;
  const fields = [...fieldRows(asNode(spec), 'spec'), ...fieldRows(asNode(status), 'status')];
  const all = [...rulesOf(asNode(spec), 'spec'), ...(rules ?? []).map((rule) => ruleLine(rule, ''))];
  return [
    '',
    `## ${kind}`,
    '',
    description,
    '',
    '| field | type | default | what it is |',
    '|---|---|---|---|',
    ...fields,
    ...(all.length > 0 ? ['', 'Rules across fields:', '', ...all] : []),
  ];
}

function fieldRows(node: SchemaNode, path: string): string[] {
  const required = requiredFields(node);
  return Object.entries(node.properties ?? {}).flatMap(([name, child]) => {
    const childPath = `${path}.${name}`;
    const kind = [typeText(child), limits(child)].filter((part) => part !== '').join(', ');
    const own = row([
      `\`${childPath}\``,
      kind,
      defaultText(child, required.includes(name)),
      child.description ?? '',
    ]);
    // Conditions have the shape that all of Kubernetes shares.
    if (childPath === 'status.conditions') return [own];
    return [own, ...fieldRows(child, childPath), ...itemRows(child, childPath)];
  });
}

function itemRows(list: SchemaNode, path: string): string[] {
  return list.items === undefined ? [] : fieldRows(list.items, `${path}[]`);
}

function typeText(node: SchemaNode): string {
  if (node.enum !== undefined) return node.enum.map((word) => `\`${word}\``).join(', ');
  if (node.items !== undefined)
    return `list of ${node.items.properties === undefined ? typeText(node.items) : 'objects'}`;
  if (node.form !== undefined) return FORM_NAMES[node.form];
  return node.format === 'date-time' ? 'time' : (node.type ?? '');
}

const FORM_NAMES: Record<keyof typeof FORMS, string> = {
  e164: 'E.164 number',
  duration: 'duration',
  cidr: 'CIDR',
  ip: 'IP address',
  host: 'host',
  domainName: 'domain label(s)',
  dnsLabel: 'DNS label',
  resourceName: 'name',
  sipUri: 'SIP URI',
  url: 'URL',
  hostPort: 'host:port',
  prefix: 'number prefix',
  country: 'country code',
  currency: 'currency code',
  decimal: 'decimal string',
  username: 'user name',
  secretKey: 'Secret key',
  statusCode: 'status or class',
  numberPattern: 'number pattern',
};

function limits(node: SchemaNode): string {
  if (node.maximum !== undefined) return `${node.minimum ?? 0}–${node.maximum}`;
  if (node.maxItems !== undefined) return `≤ ${node.maxItems} entries`;
  if (node.maxLength === undefined || node.enum !== undefined) return '';
  const form: Form | undefined = node.form === undefined ? undefined : FORMS[node.form];
  return form?.pattern === undefined ? `≤ ${node.maxLength} characters` : '';
}

function defaultText(node: SchemaNode, required: boolean): string {
  if (required) return 'required';
  const { default: fallback } = node;
  if (fallback === undefined || node.type === 'object') return '';
  return `\`${JSON.stringify(fallback)}\``;
}

function rulesOf(node: SchemaNode, path: string): string[] {
  const own = (node.rules ?? []).map((rule) => ruleLine(rule, path));
  // Rules of a form are told by the name of the form.
  const form: Form | undefined = node.form === undefined ? undefined : FORMS[node.form];
  const beyond = own.slice(form?.rules?.length ?? 0);
  const below = Object.entries(node.properties ?? {}).flatMap(([name, child]) =>
    rulesOf(child, `${path}.${name}`),
  );
  return [...beyond, ...below, ...(node.items === undefined ? [] : rulesOf(node.items, `${path}[]`))];
}

function ruleLine(rule: CelRule, path: string): string {
  const when = isTransitionRule(rule) ? ' (checked on Kubernetes, when the resource is changed)' : '';
  const field = `${path}${rule.fieldPath ?? ''}`.replace(/^\./, '');
  return `- ${field === '' ? '' : `\`${field}\` `}${rule.message}. ${rule.remedy}.${when}`;
}

function row(cells: string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
}
