// SPDX-License-Identifier: Apache-2.0

/**
 * A CRD as a template of charts/trunkline. It is no file of Helm's `crds` folder, because Helm never upgrades those; and an
 * uninstall leaves it alone unless `crds.keep` is off, because its removal would delete every resource of its kind.
 */
export function chartTemplate(yaml: string): string {
  const [comments = '', definition = ''] = yaml.split(/^(?=apiVersion)/m);
  const [head = '', ...rest] = definition.split(/^(?=spec:)/m);
  return `${commentOf(comments)}{{- if .Values.crds.enabled }}
${head}${METADATA}${rest.join('').replaceAll('{{', '{{ "{{" }}')}{{- end }}
`;
}

const METADATA = `  labels:
    {{- include "trunkline.labels" . | nindent 4 }}
  {{- if .Values.crds.keep }}
  annotations:
    helm.sh/resource-policy: keep
  {{- end }}
`;

/** As a comment of the template: it is not rendered. */
function commentOf(comments: string): string {
  const lines = comments.trimEnd().split('\n');
  return `{{- /* ${lines.map((line) => line.replace(/^# /, '')).join('; ')} */}}\n`;
}
