{{/* SPDX-License-Identifier: Apache-2.0 */}}
{{- define "trunkline.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" }}
{{- end }}

{{- define "trunkline.fullname" -}}
{{- if .Values.fullnameOverride }}
{{- .Values.fullnameOverride | trunc 40 | trimSuffix "-" }}
{{- else }}
{{- $name := include "trunkline.name" . }}
{{- ternary .Release.Name (printf "%s-%s" .Release.Name $name) (contains $name .Release.Name) | trunc 40 | trimSuffix "-" }}
{{- end }}
{{- end }}

{{- define "trunkline.selectorLabels" -}}
app.kubernetes.io/name: {{ include "trunkline.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: operator
{{- end }}

{{- define "trunkline.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
app.kubernetes.io/name: {{ include "trunkline.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
app.kubernetes.io/part-of: trunkline
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "trunkline.serviceAccountName" -}}
{{- if .Values.serviceAccount.create }}
{{- default (printf "%s-operator" (include "trunkline.fullname" .)) .Values.serviceAccount.name }}
{{- else }}
{{- required "serviceAccount.name is needed where serviceAccount.create is false" .Values.serviceAccount.name }}
{{- end }}
{{- end }}

{{- define "trunkline.image" -}}
{{- $image := .Values.image }}
{{- if $image.digest }}{{ $image.repository }}@{{ $image.digest }}
{{- else }}{{ $image.repository }}:{{ default .Chart.AppVersion $image.tag }}
{{- end }}
{{- end }}

{{/* The kinds that tenants write, and those of administrators. */}}
{{- define "trunkline.tenantResources" -}}
[trunks, ipaccesscontrollists, credentiallists, originationuris, phonenumbers, outgoingcallerids]
{{- end }}
{{- define "trunkline.providerResources" -}}
[accounts, carriers, numberpools, ratedecks, edges]
{{- end }}

{{/* Rights on tenants' kinds, for a ClusterRole or the Roles of watched namespaces. */}}
{{- define "trunkline.watchRules" -}}
- apiGroups: [trunkline.dev]
  resources: {{ include "trunkline.tenantResources" . }}
  verbs: [get, list, watch]
- apiGroups: [trunkline.dev]
  resources:
    {{- range fromYamlArray (include "trunkline.tenantResources" .) }}
    - {{ . }}/status
    {{- end }}
  verbs: [get, patch]
# The finalizer that keeps a list while trunks use it.
- apiGroups: [trunkline.dev]
  resources: [credentiallists]
  verbs: [patch]
# Passwords that CredentialLists name. RBAC knows no labels: the operator itself reads only labelled and named ones.
- apiGroups: [""]
  resources: [secrets]
  verbs: [list, watch]
- apiGroups: [events.k8s.io]
  resources: [events]
  verbs: [create, patch]
{{- end }}
