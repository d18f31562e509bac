{{- define "boxbridge.isPostgres" -}}
{{- if eq .Values.store.kind "postgres" }}true{{ end -}}
{{- end -}}

{{- /* bridge.yaml: what follows from other values, under what `config` says, under what the chart decides. */ -}}
{{- define "boxbridge.config" -}}
{{- $config := deepCopy .Values.config -}}
{{- $isProxied := or .Values.ingress.enabled .Values.gateway.enabled -}}
{{- if and $isProxied (not (hasKey $config "trust_proxy")) -}}
{{- $_ := set $config "trust_proxy" 1 -}}
{{- end -}}
{{- if include "boxbridge.isPostgres" . -}}
{{- $_ := set $config "store" "${BOXBRIDGE_STORE}" -}}
{{- else -}}
{{- $_ := set $config "store" "sqlite:/data/bridge.db" -}}
{{- $_ := set $config "key_file" ($config.key_file | default "/data/bridge.key") -}}
{{- end -}}
{{- $admin := $config.admin | default dict -}}
{{- $_ := set $admin "host" .Values.listenHost -}}
{{- $_ := set $admin "port" 9464 -}}
{{- $_ := set $config "admin" $admin -}}
{{- $_ := set $config "listen" (dict "host" .Values.listenHost "port" 8080) -}}
{{- toYaml $config -}}
{{- end -}}

{{- define "boxbridge.secretData" -}}
{{- range $name, $value := .Values.secret.values }}
{{ $name }}: {{ $value | b64enc | quote }}
{{- end }}
{{- end -}}

{{- define "boxbridge.shutdownMs" -}}
{{- dig "limits" "shutdown_ms" 10000 .Values.config | int -}}
{{- end -}}

{{- /* What every pod of the chart has. */ -}}
{{- define "boxbridge.podSecurity" -}}
automountServiceAccountToken: false
enableServiceLinks: false
securityContext:
  runAsNonRoot: true
  runAsUser: 10001
  runAsGroup: 10001
  fsGroup: 10001
  seccompProfile: { type: RuntimeDefault }
{{- end -}}

{{- define "boxbridge.pod" -}}
{{ include "boxbridge.podSecurity" . }}
{{- with .Values.image.pullSecrets }}
imagePullSecrets: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.nodeSelector }}
nodeSelector: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.tolerations }}
tolerations: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.affinity }}
affinity: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.priorityClassName }}
priorityClassName: {{ . | quote }}
{{- end }}
{{- end -}}

{{- define "boxbridge.container" -}}
image: {{ include "boxbridge.image" . }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
resources: {{- toYaml .Values.resources | nindent 2 }}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities: { drop: [ALL] }
{{- end -}}

{{- /* The URL of the store, the server's key and the other variables. Takes `root`, `secret`, and `url` with `name` and `key`. */ -}}
{{- define "boxbridge.environment" -}}
{{- if .secret }}
envFrom: [{ secretRef: { name: {{ .secret | quote }} } }]
{{- end }}
{{- $isPostgres := include "boxbridge.isPostgres" .root }}
{{- if or $isPostgres .root.Values.extraEnv }}
env:
  {{- if $isPostgres }}
  - name: BOXBRIDGE_STORE
    valueFrom: { secretKeyRef: { name: {{ .url.name | quote }}, key: {{ .url.key | quote }} } }
  - name: BOXBRIDGE_KEY
    valueFrom: { secretKeyRef: { name: {{ .secret | quote }}, key: BOXBRIDGE_KEY } }
  {{- end }}
  {{- with .root.Values.extraEnv }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- end }}
{{- end -}}
