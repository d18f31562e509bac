{{- /* A rule of a NetworkPolicy: `side` is from or to; no peers are everybody. */ -}}
{{- define "boxbridge.rule" -}}
- ports:
    {{- range .ports }}
    - { protocol: {{ .protocol | default "TCP" }}, port: {{ .port }} }
    {{- end }}
  {{- with .peers }}
  {{ $.side }}: {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end -}}

{{- /* To names, to the database, and to what else the operator names: a database at two ports, such as with a pooler. */ -}}
{{- define "boxbridge.egressToStore" -}}
{{- $policy := .Values.networkPolicy -}}
{{- $names := list (dict "port" 53 "protocol" "UDP") (dict "port" 53) -}}
{{ include "boxbridge.rule" (dict "side" "to" "peers" $policy.namesTo "ports" $names) }}
{{- if include "boxbridge.isPostgres" . }}
{{ include "boxbridge.rule" (dict "side" "to" "peers" $policy.databaseTo "ports" (list (dict "port" $policy.databasePort))) }}
{{- end }}
{{- with $policy.extraEgress }}
{{ toYaml . }}
{{- end }}
{{- end -}}
