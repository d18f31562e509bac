{{- define "boxbridge.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 50 | trimAll "-." -}}
{{- end -}}

{{- /* Of a Service, too, whose name has no dots. */ -}}
{{- define "boxbridge.fullname" -}}
{{- $name := include "boxbridge.name" . -}}
{{- $made := contains $name .Release.Name | ternary .Release.Name (printf "%s-%s" .Release.Name $name) -}}
{{- default $made .Values.fullnameOverride | replace "." "-" | trunc 50 | trimAll "-" -}}
{{- end -}}

{{- define "boxbridge.selector" -}}
app.kubernetes.io/name: {{ include "boxbridge.name" . | quote }}
app.kubernetes.io/instance: {{ .Release.Name | quote }}
{{- end -}}

{{- define "boxbridge.labels" -}}
{{ include "boxbridge.selector" . }}
app.kubernetes.io/version: {{ include "boxbridge.labelValue" .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ include "boxbridge.labelValue" (printf "%s-%s" .Chart.Name .Chart.Version) }}
{{- end -}}

{{- /* A version in a label, which takes no plus and no more than 63 characters. */ -}}
{{- define "boxbridge.labelValue" -}}
{{- . | replace "+" "_" | trunc 63 | trimAll "-._" -}}
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
{{ .Values.image.repository }}:{{ .Values.image.tag | default (.Chart.AppVersion | replace "+" "_") }}
{{- end -}}
{{- end -}}
