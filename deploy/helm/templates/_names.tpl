{{- define "boxbridge.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 50 | trimSuffix "-" -}}
{{- end -}}

{{- define "boxbridge.fullname" -}}
{{- $name := include "boxbridge.name" . -}}
{{- $made := contains $name .Release.Name | ternary .Release.Name (printf "%s-%s" .Release.Name $name) -}}
{{- default $made .Values.fullnameOverride | trunc 50 | trimSuffix "-" -}}
{{- end -}}

{{- define "boxbridge.selector" -}}
app.kubernetes.io/name: {{ include "boxbridge.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "boxbridge.labels" -}}
{{ include "boxbridge.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end -}}

{{- /* The Secret with the variables; empty where there is none. */ -}}
{{- define "boxbridge.secretName" -}}
{{- if .Values.secret.existing -}}
{{ .Values.secret.existing }}
{{- else if .Values.secret.values -}}
{{ include "boxbridge.fullname" . }}
{{- end -}}
{{- end -}}

{{- /* Before the installation there is no account of the chart's own yet: that is for the pods alone. */ -}}
{{- define "boxbridge.serviceAccountName" -}}
{{- .Values.serviceAccount.name | default (.Values.serviceAccount.create | ternary (include "boxbridge.fullname" .) "default") -}}
{{- end -}}

{{- define "boxbridge.claimName" -}}
{{- .Values.store.sqlite.existingClaim | default (printf "%s-data" (include "boxbridge.fullname" .)) -}}
{{- end -}}

{{- define "boxbridge.image" -}}
{{- if .Values.image.digest -}}
{{ .Values.image.repository }}@{{ .Values.image.digest }}
{{- else -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end -}}
{{- end -}}
