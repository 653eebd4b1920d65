{{- define "rtm.selector" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "rtm.labels" -}}
{{ include "rtm.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{- end }}

{{- define "rtm.name" -}}
{{ printf "%s-gateway" .Release.Name | trunc 52 }}
{{- end }}

{{- define "rtm.secret" -}}
{{ .Values.existingSecret | default (include "rtm.name" .) }}
{{- end }}
