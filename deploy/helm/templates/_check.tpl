{{- /* What the schema of the values cannot say in words: values that contradict each other. All of them at once. */ -}}
{{- define "boxbridge.check" -}}
{{- $v := .Values -}}
{{- $isPostgres := include "boxbridge.isPostgres" . -}}
{{- $wrong := list -}}

{{- range $key := list "listen" "store" -}}
{{- if hasKey $v.config $key -}}
{{- $wrong = append $wrong (printf "config.%s: the chart sets it; leave it out, and use the chart's own `listenHost` or `store`" $key) -}}
{{- end -}}
{{- end -}}
{{- range $key := list "host" "port" -}}
{{- if hasKey ($v.config.admin | default dict) $key -}}
{{- $wrong = append $wrong (printf "config.admin.%s: the chart sets it; leave it out" $key) -}}
{{- end -}}
{{- end -}}
{{- if le (include "boxbridge.shutdownMs" . | int) 0 -}}
{{- $wrong = append $wrong "config.limits.shutdown_ms: has to be a number of milliseconds here; the time that a pod has to end follows from it" -}}
{{- end -}}

{{- if regexMatch "://[^/@\\s]*:[^$/@\\s][^/@\\s]*@" (toYaml $v.config) -}}
{{- $wrong = append $wrong "config: one of its URLs has a password; put it into the Secret, and write ${NAME} in its place" -}}
{{- end -}}

{{- if and $v.secret.existing $v.secret.values -}}
{{- $wrong = append $wrong "secret: name one of yours in `existing`, or give its content in `values`, not both" -}}
{{- end -}}
{{- range $name, $value := $v.secret.values -}}
{{- if and (eq $name "BOXBRIDGE_KEY") (not (regexMatch "^[A-Za-z0-9+/]{43}=?\\s*$" $value)) -}}
{{- $wrong = append $wrong "secret.values.BOXBRIDGE_KEY: has to be 32 random bytes in base64: openssl rand -base64 32" -}}
{{- end -}}
{{- end -}}

{{- if $isPostgres -}}
{{- $postgres := $v.store.postgres -}}
{{- if not (or $v.secret.existing (hasKey $v.secret.values "BOXBRIDGE_KEY")) -}}
{{- $wrong = append $wrong "store.kind postgres takes one BOXBRIDGE_KEY for all pods: name a Secret that has it in secret.existing, or give secret.values.BOXBRIDGE_KEY (openssl rand -base64 32)" -}}
{{- end -}}
{{- if and (not $postgres.secretName) (not $v.secret.existing) -}}
{{- if not (hasKey $v.secret.values $postgres.secretKey) -}}
{{- $wrong = append $wrong (printf "store.kind postgres takes the URL of the database: name the Secret that has it in store.postgres.secretName, or give secret.values.%s" $postgres.secretKey) -}}
{{- else if not (regexMatch "^postgres(ql)?://\\S+$" (get $v.secret.values $postgres.secretKey)) -}}
{{- $wrong = append $wrong (printf "secret.values.%s: has to be a URL such as postgres://user:password@host/database" $postgres.secretKey) -}}
{{- end -}}
{{- end -}}
{{- if $v.sandbox.enabled -}}
{{- $wrong = append $wrong "sandbox.enabled: its accounts would keep user_ids in PostgreSQL for ever; take store.kind sqlite to try things out" -}}
{{- end -}}
{{- else -}}
{{- if and (gt (int $v.replicas) 1) (not $v.autoscaling.enabled) -}}
{{- $wrong = append $wrong (printf "replicas: %d pods cannot share a SQLite file; take store.kind postgres, or 1" (int $v.replicas)) -}}
{{- end -}}
{{- if $v.autoscaling.enabled -}}
{{- $wrong = append $wrong "autoscaling.enabled: several pods cannot share a SQLite file; take store.kind postgres" -}}
{{- end -}}
{{- end -}}

{{- with $v.autoscaling -}}
{{- if and .enabled (gt (int .minReplicas) (int .maxReplicas)) -}}
{{- $wrong = append $wrong (printf "autoscaling: minReplicas %d is more than maxReplicas %d" (int .minReplicas) (int .maxReplicas)) -}}
{{- end -}}
{{- if and .enabled (eq .metric "cpu") (not (dig "requests" "cpu" "" $v.resources)) -}}
{{- $wrong = append $wrong "autoscaling.metric cpu is a share of resources.requests.cpu, which is missing" -}}
{{- end -}}
{{- end -}}

{{- if and $v.ingress.enabled $v.gateway.enabled -}}
{{- $wrong = append $wrong "ingress, gateway: enable one of the two" -}}
{{- end -}}
{{- if and $v.ingress.enabled (not $v.ingress.hosts) -}}
{{- $wrong = append $wrong "ingress.hosts: name the host that the old programs call" -}}
{{- end -}}
{{- if and $v.gateway.enabled (not $v.gateway.parentRefs) -}}
{{- $wrong = append $wrong "gateway.parentRefs: name the Gateway that takes the route" -}}
{{- end -}}

{{- if $wrong -}}
{{- fail (printf "\nvalues that contradict each other:\n- %s" (join "\n- " $wrong)) -}}
{{- end -}}
{{- end -}}
