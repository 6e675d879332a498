{{/* Labels of a component: include "inferops.labels" (list . "operator") */}}
{{- define "inferops.labels" -}}
{{- $root := index . 0 -}}
app.kubernetes.io/name: inferops
app.kubernetes.io/instance: {{ $root.Release.Name }}
app.kubernetes.io/component: {{ index . 1 }}
app.kubernetes.io/part-of: inferops
{{- end }}

{{- define "inferops.image" -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end }}

{{/* Security of every container of inferops itself: Pod Security "restricted". */}}
{{- define "inferops.podSecurity" -}}
runAsNonRoot: true
runAsUser: 65532
runAsGroup: 65532
fsGroup: 65532
seccompProfile: {type: RuntimeDefault}
{{- end }}
{{- define "inferops.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: {drop: [ALL]}
{{- end }}

{{/* What each Python process has in common: settings and where they are. */}}
{{- define "inferops.env" -}}
- {name: INFEROPS_SETTINGS, value: /etc/inferops/settings.yaml}
- {name: POD_NAME, valueFrom: {fieldRef: {fieldPath: metadata.name}}}
- {name: POD_IP, valueFrom: {fieldRef: {fieldPath: status.podIP}}}
{{- end }}

{{/* Hosts of the gateway itself: the shared one, and the domain where the REST API is. */}}
{{- define "inferops.sharedHosts" -}}
- api.{{ .Values.settings.gateway.domain }}
{{- if .Values.api.enabled }}
- {{ .Values.settings.gateway.domain }}
{{- end }}
{{- end }}

{{/* Where gateway, control, ledger and API find the certificates by which they know each other, and the volume with them. */}}
{{- define "inferops.peerFolder" -}}
/etc/inferops-peer
{{- end }}
{{- define "inferops.prometheusFolder" -}}
/etc/inferops-prometheus
{{- end }}
{{- define "inferops.ledgerFolder" -}}
/etc/inferops-ledger
{{- end }}
{{- define "inferops.peerVolume" -}}
name: peer
secret:
  secretName: inferops-{{ . }}-peer
  defaultMode: 0440
  items: [{key: tls.crt, path: tls.crt}, {key: tls.key, path: tls.key}, {key: ca.crt, path: ca.crt}, {key: ledger.crt, path: ledger.crt}]
{{- end }}
