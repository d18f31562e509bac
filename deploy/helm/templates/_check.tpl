{{- /* What the schema of the values cannot say in words: values that contradict each other. All of them at once. */ -}}
{{- define "boxbridge.check" -}}
{{- $v := .Values -}}
{{- $isPostgres := include "boxbridge.isPostgres" . -}}
{{- $wrong := list -}}

{{- $fullname := include "boxbridge.fullname" . -}}
{{- if not (regexMatch "^[a-z]" $fullname) -}}
{{- $wrong = append $wrong (printf "fullnameOverride: the name of a Service begins with a letter, and %s does not; give one that does" $fullname) -}}
{{- end -}}

{{- range $key := list "listen" "store" "store_file" -}}
{{- if hasKey $v.config $key -}}
{{- $wrong = append $wrong (printf "config.%s: the chart sets it; leave it out, and use the chart's own `listenHost` or `store`" $key) -}}
{{- end -}}
{{- end -}}
{{- range $key := list "host" "port" -}}
{{- if hasKey ($v.config.admin | default dict) $key -}}
{{- $wrong = append $wrong (printf "config.admin.%s: the chart sets it; leave it out" $key) -}}
{{- end -}}
{{- end -}}
{{- if not (regexMatch "^[1-9][0-9]*$" (dig "limits" "shutdown_ms" 10000 $v.config | toJson)) -}}
{{- $wrong = append $wrong "config.limits.shutdown_ms: has to be a whole number of milliseconds here, without quotes; the time that a pod has to end follows from it" -}}
{{- end -}}

{{- $variable := "\\$\\{\\w+\\}" -}}
{{- if regexMatch "://[^/@\\s]*:[^/@\\s]+@" (regexReplaceAll $variable (toYaml $v.config) "") -}}
{{- $wrong = append $wrong "config: one of its URLs has a password; put it into the Secret, and write ${NAME} in its place" -}}
{{- end -}}
{{- range $n, $application := $v.config.applications -}}
{{- if regexReplaceAll $variable ($application.client_secret | default "" | toString) "" -}}
{{- $wrong = append $wrong (printf "config.applications[%d].client_secret: a ConfigMap is no place for it; put it into the Secret, and write ${NAME} in its place" $n) -}}
{{- end -}}
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
{{- range $v.extraEnv -}}
{{- if has .name (list "BOXBRIDGE_KEY" "BOXBRIDGE_STORE") -}}
{{- $wrong = append $wrong (printf "extraEnv: the chart takes %s from a Secret; leave it out" .name) -}}
{{- end -}}
{{- end -}}
{{- if $v.sandbox.enabled -}}
{{- $wrong = append $wrong "sandbox.enabled: its accounts would keep user_ids in PostgreSQL for ever; take store.kind sqlite to try things out" -}}
{{- end -}}
{{- else -}}
{{- if or $v.store.postgres.secretName $v.migration.secretName (hasKey $v.secret.values $v.store.postgres.secretKey) -}}
{{- $wrong = append $wrong "store.kind: is sqlite, and there is the URL of a PostgreSQL in store.postgres, migration or secret.values; take store.kind postgres, or leave the URL out" -}}
{{- end -}}
{{- if and $v.sandbox.enabled (has (int $v.sandbox.port) (list 8080 9464)) -}}
{{- $wrong = append $wrong (printf "sandbox.port: %d is a port of the bridge beside it; take another" (int $v.sandbox.port)) -}}
{{- end -}}
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
