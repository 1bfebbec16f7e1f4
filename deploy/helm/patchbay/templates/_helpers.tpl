{{- define "patchbay.name" -}}
{{- if contains .Chart.Name .Release.Name }}{{ .Release.Name | trunc 50 | trimSuffix "-" }}{{ else }}{{ printf "%s-%s" .Release.Name .Chart.Name | trunc 50 | trimSuffix "-" }}{{ end }}
{{- end }}

{{/* What finds the pods of one part: (dict "root" . "part" "serve") */}}
{{- define "patchbay.selector" -}}
app.kubernetes.io/name: {{ .root.Chart.Name }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .part }}
{{- end }}

{{- define "patchbay.labels" -}}
{{ include "patchbay.selector" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_" }}
{{- end }}

{{- define "patchbay.image" -}}
{{- with .Values.image }}
{{- $tag := .tag | default (printf "%s%s" $.Chart.AppVersion (ternary "-full" "" $.Values.code.enabled)) }}
{{- .registry }}/{{ .repository }}{{ if .digest }}@{{ .digest }}{{ else }}:{{ $tag }}{{ end }}
{{- end }}
{{- end }}

{{- define "patchbay.secret" -}}
{{- .Values.secrets.existingSecret | default (include "patchbay.name" .) }}
{{- end }}

{{- define "patchbay.serviceAccount" -}}
{{- if .Values.serviceAccount.create }}{{ .Values.serviceAccount.name | default (include "patchbay.name" .) }}{{ else }}{{ .Values.serviceAccount.name | default "default" }}{{ end }}
{{- end }}

{{- define "patchbay.podSecurity" -}}
runAsNonRoot: true
runAsUser: 65532
runAsGroup: 65532
fsGroup: 65532
fsGroupChangePolicy: OnRootMismatch
seccompProfile: {type: RuntimeDefault}
{{- end }}

{{- define "patchbay.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: {drop: [ALL]}
{{- end }}

{{/* The time that a part is given to end, in seconds. Work ends in two steps, each of which may take the whole drain. */}}
{{- define "patchbay.grace" -}}
{{- $drain := int .root.Values.drainSeconds }}
{{- if eq .part "work" }}{{ add (mul 2 $drain) 15 }}{{ else }}{{ add $drain 15 }}{{ end }}
{{- end }}

{{- define "patchbay.env" -}}
{{- range $name, $value := .root.Values.settings }}
{{- if $value }}
- name: PATCHBAY_{{ $name }}
  value: {{ $value | quote }}
{{- end }}
{{- end }}
- name: PATCHBAY_DRAIN
  value: {{ printf "%ds" (int .root.Values.drainSeconds) }}
{{- if eq .part "work" }}
- name: PATCHBAY_WORKER_CONCURRENCY
  value: {{ .root.Values.work.concurrency | quote }}
- name: PATCHBAY_WORK_LISTEN
  value: ":8080"
{{- end }}
- name: XDG_CACHE_HOME # of packages and compiled steps; it may be lost
  value: /var/cache
{{- with .root.Values.extraEnv }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/* A pod of serve or work: (dict "root" . "part" "serve") */}}
{{- define "patchbay.pod" -}}
{{- $own := index .root.Values .part }}
metadata:
  labels:
    {{- include "patchbay.labels" . | nindent 4 }}
    {{- with .root.Values.podLabels }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  annotations:
    {{- if .root.Values.secrets.values }}
    checksum/secret: {{ .root.Values.secrets.values | toJson | sha256sum }}
    {{- end }}
    kubectl.kubernetes.io/default-container: {{ .part }}
    {{- with $own.podAnnotations }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
spec:
  serviceAccountName: {{ include "patchbay.serviceAccount" .root }}
  automountServiceAccountToken: false
  enableServiceLinks: false
  terminationGracePeriodSeconds: {{ include "patchbay.grace" . }}
  {{- if .root.Values.code.enabled }}
  hostUsers: false
  {{- end }}
  securityContext:
    {{- include "patchbay.podSecurity" . | nindent 4 }}
  {{- with .root.Values.image.pullSecrets }}
  imagePullSecrets:
    {{- range . }}
    - name: {{ . }}
    {{- end }}
  {{- end }}
  {{- with .root.Values.priorityClassName }}
  priorityClassName: {{ . }}
  {{- end }}
  containers:
    - name: {{ .part }}
      image: {{ include "patchbay.image" .root }}
      imagePullPolicy: {{ .root.Values.image.pullPolicy }}
      args: [{{ .part }}]
      ports:
        - {name: http, containerPort: 8080, protocol: TCP}
      envFrom:
        - secretRef: {name: {{ include "patchbay.secret" .root }}}
      env:
        {{- include "patchbay.env" . | nindent 8 }}
      securityContext:
        {{- include "patchbay.containerSecurity" . | nindent 8 }}
        {{- if .root.Values.code.enabled }}
        # What a sandbox is made of: namespaces, mounts and a /proc of its own. The pod's user namespace keeps them from the node.
        procMount: Unmasked
        seccompProfile: {type: Unconfined}
        appArmorProfile: {type: Unconfined}
        {{- end }}
      startupProbe:
        httpGet: {path: /healthz, port: http}
        periodSeconds: 2
        failureThreshold: 60
      livenessProbe:
        httpGet: {path: /healthz, port: http}
        periodSeconds: 10
        timeoutSeconds: 5
        failureThreshold: 6
      readinessProbe:
        httpGet: {path: /readyz, port: http}
        periodSeconds: 5
        timeoutSeconds: 3
      {{- if eq .part "serve" }}
      lifecycle: # until everybody has heard that this pod takes no more requests
        preStop: {sleep: {seconds: 5}}
      {{- end }}
      resources:
        {{- toYaml $own.resources | nindent 8 }}
      volumeMounts:
        - {name: tmp, mountPath: /tmp}
        - {name: cache, mountPath: /var/cache/patchbay}
        {{- with .root.Values.extraVolumeMounts }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
  volumes:
    - {name: tmp, emptyDir: {sizeLimit: 2Gi}}
    - {name: cache, emptyDir: {sizeLimit: 4Gi}}
    {{- with .root.Values.extraVolumes }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  {{- if .root.Values.topologySpread.enabled }}
  topologySpreadConstraints:
    {{- range $key := list "topology.kubernetes.io/zone" "kubernetes.io/hostname" }}
    - maxSkew: 1
      topologyKey: {{ $key }}
      whenUnsatisfiable: ScheduleAnyway
      labelSelector:
        matchLabels:
          {{- include "patchbay.selector" $ | nindent 10 }}
    {{- end }}
  {{- end }}
  {{- with $own.nodeSelector }}
  nodeSelector:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with $own.tolerations }}
  tolerations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with $own.affinity }}
  affinity:
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end }}
