{{/* SPDX-License-Identifier: Apache-2.0 */}}
{{- define "edge.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" }}
{{- end }}

{{- define "edge.fullname" -}}
{{- if .Values.fullnameOverride }}
{{- .Values.fullnameOverride | trunc 40 | trimSuffix "-" }}
{{- else }}
{{- $name := include "edge.name" . }}
{{- ternary .Release.Name (printf "%s-%s" .Release.Name $name) (contains $name .Release.Name) | trunc 40 | trimSuffix "-" }}
{{- end }}
{{- end }}

{{/* With (list . "sip") or (list . "media"). */}}
{{- define "edge.selectorLabels" -}}
{{- $root := index . 0 }}
app.kubernetes.io/name: {{ include "edge.name" $root }}
app.kubernetes.io/instance: {{ $root.Release.Name }}
app.kubernetes.io/component: {{ index . 1 }}
{{- end }}

{{- define "edge.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
app.kubernetes.io/name: {{ include "edge.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
app.kubernetes.io/part-of: trunkline
trunkline.dev/edge: {{ .Values.edge.name }}
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/* With (list image defaultTag). */}}
{{- define "edge.image" -}}
{{- $image := index . 0 }}
{{- if $image.digest }}{{ $image.repository }}@{{ $image.digest }}
{{- else }}{{ $image.repository }}:{{ default (index . 1) $image.tag }}
{{- end }}
{{- end }}

{{- define "edge.secretName" -}}
{{- default (printf "%s-drachtio" (include "edge.fullname" .)) .Values.drachtio.existingSecret }}
{{- end }}

{{- define "edge.operatorNamespace" -}}
{{- default .Release.Namespace .Values.operatorNamespace }}
{{- end }}

{{/* Whether the address is looked up in the Node. */}}
{{- define "edge.readsNode" -}}
{{- if has .Values.externalAddress.from (list "node" "annotation") }}true{{ end }}
{{- end }}

{{- define "edge.addressSource" -}}
{{- $external := .Values.externalAddress }}
{{- if eq $external.from "value" }}value:{{ $external.value }}
{{- else if eq $external.from "annotation" }}annotation:{{ $external.annotation }}
{{- else }}{{ $external.from }}
{{- end }}
{{- end }}

{{- define "edge.podSecurity" -}}
runAsNonRoot: true
runAsUser: 65532
runAsGroup: 65532
fsGroup: 65532
seccompProfile: {type: RuntimeDefault}
{{- end }}

{{- define "edge.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: {drop: [ALL]}
{{- end }}

{{/* The pod's own account, mounted only where it is needed. */}}
{{- define "edge.apiAccessVolume" -}}
- name: api-access
  projected:
    defaultMode: 0440
    sources:
      - serviceAccountToken: {path: token, expirationSeconds: 3607}
      - configMap: {name: kube-root-ca.crt, items: [{key: ca.crt, path: ca.crt}]}
      - downwardAPI: {items: [{path: namespace, fieldRef: {fieldPath: metadata.namespace}}]}
{{- end }}

{{- define "edge.apiAccessMount" -}}
- {name: api-access, mountPath: /var/run/secrets/kubernetes.io/serviceaccount, readOnly: true}
{{- end }}

{{- define "edge.addressEnv" -}}
- name: NODE_NAME
  valueFrom: {fieldRef: {fieldPath: spec.nodeName}}
# On the node's network, that is the node's own address.
- name: POD_IP
  valueFrom: {fieldRef: {fieldPath: status.podIP}}
{{- end }}

{{/* Init container that finds the external address; with (list . arguments). */}}
{{- define "edge.prepareContainer" -}}
{{- $root := index . 0 }}
- name: prepare
  image: {{ include "edge.image" (list $root.Values.image $root.Chart.AppVersion) }}
  imagePullPolicy: {{ $root.Values.image.pullPolicy }}
  command: [/nodejs/bin/node, /app/prepare-edge.js]
  args:
    - --out=/run/trunkline
    - --from={{ include "edge.addressSource" $root }}
    - --node=$(NODE_NAME)
    - --host-address=$(POD_IP)
    {{- range index . 1 }}
    - {{ . }}
    {{- end }}
  env:
    {{- include "edge.addressEnv" $root | nindent 4 }}
  resources:
    requests: {cpu: 50m, memory: 64Mi}
    limits: {memory: 256Mi}
  securityContext:
    {{- include "edge.containerSecurity" $root | nindent 4 }}
  volumeMounts:
    - {name: run, mountPath: /run/trunkline}
    {{- if gt (len (index . 1)) 0 }}
    - {name: secret, mountPath: /etc/trunkline/drachtio, readOnly: true}
    {{- end }}
    {{- if include "edge.readsNode" $root }}
    {{- include "edge.apiAccessMount" $root | nindent 4 }}
    {{- end }}
{{- end }}

{{/* ng addresses of the media nodes, as the proxy takes them. */}}
{{- define "edge.mediaNodes" -}}
{{- $port := .Values.media.ports.ng }}
{{- if .Values.media.nodes }}
{{- $nodes := list }}
{{- range .Values.media.nodes }}
{{- $nodes = append $nodes (printf "ng://%s" (ternary . (printf "%s:%v" . $port) (contains ":" .))) }}
{{- end }}
{{- join "," $nodes }}
{{- else }}
{{- if not .Values.media.enabled }}{{ fail "media.nodes is empty and media.enabled is false: name the media nodes, or run some" }}{{ end -}}
ng://$(POD_IP):{{ $port }}
{{- end }}
{{- end }}
