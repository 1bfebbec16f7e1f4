package check

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"helm.sh/helm/v4/pkg/chart/common"
	"helm.sh/helm/v4/pkg/chart/common/util"
	"helm.sh/helm/v4/pkg/chart/v2/lint"
	"helm.sh/helm/v4/pkg/chart/v2/lint/support"
	"helm.sh/helm/v4/pkg/chart/v2/loader"
	"helm.sh/helm/v4/pkg/engine"
	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/yaml"
)

const chart = top + "/deploy/helm/patchbay"

func values(t *testing.T, path string) map[string]any {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	v, err := loader.LoadValues(f)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// render is helm template.
func render(own map[string]any) (string, error) {
	c, err := loader.LoadDir(chart)
	if err != nil {
		return "", err
	}
	v, err := util.ToRenderValues(c, own, common.ReleaseOptions{Name: "patchbay", Namespace: "patchbay", Revision: 1, IsInstall: true}, nil)
	if err != nil {
		return "", err
	}
	files, err := engine.Render(c, v)
	if err != nil {
		return "", err
	}
	var out strings.Builder
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if text := strings.TrimSpace(files[name]); text != "" && strings.HasSuffix(name, ".yaml") {
			fmt.Fprintf(&out, "---\n# Source: %s\n%s\n", name, strings.TrimSpace(strings.TrimPrefix(text, "---")))
		}
	}
	return out.String(), nil
}

func examples(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob(chart + "/ci/*.yaml")
	if err != nil || len(files) < 3 {
		t.Fatalf("%d examples of values: %v", len(files), err)
	}
	return files
}

func TestChartLints(t *testing.T) {
	t.Parallel()
	for _, file := range examples(t) {
		for _, m := range lint.RunAll(chart, values(t, file), "patchbay").Messages {
			if m.Severity > support.InfoSev {
				t.Errorf("%s: %v", filepath.Base(file), m)
			}
		}
	}
}

// What is rendered of the examples is kept, so that a change of the chart shows what
// it does. To write it anew: go -C deploy/check test -run TestChart -update
func TestChartRenders(t *testing.T) {
	t.Parallel()
	for _, file := range examples(t) {
		got, err := render(values(t, file))
		if err != nil {
			t.Errorf("%s: %v", file, err)
			continue
		}
		golden := filepath.Join(chart, "golden", filepath.Base(file))
		if *update {
			if err := os.WriteFile(golden, []byte(got), 0o600); err != nil {
				t.Fatal(err)
			}
			continue
		}
		want, err := os.ReadFile(golden)
		if err != nil {
			t.Fatal(err)
		}
		if line, a, b := firstDifference(got, string(want)); line > 0 {
			t.Errorf("%s is rendered otherwise, from line %d on:\n now: %s\nkept: %s\nIf that is meant: go -C deploy/check test -run TestChart -update", filepath.Base(file), line, a, b)
		}
	}
}

func firstDifference(got, want string) (line int, a, b string) {
	left, right := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range max(len(left), len(right)) {
		a, b = "", ""
		if i < len(left) {
			a = left[i]
		}
		if i < len(right) {
			b = right[i]
		}
		if a != b {
			return i + 1, a, b
		}
	}
	return 0, "", ""
}

// Each object that is rendered is one that Kubernetes knows, with no field beside
// those of its type, and is called as no other of its kind is.
func TestChartObjects(t *testing.T) {
	t.Parallel()
	for _, file := range examples(t) {
		text, err := render(values(t, file))
		if err != nil {
			t.Fatal(err)
		}
		seen := map[string]bool{}
		for _, o := range decode(t, text) {
			key := o.kind + " " + o.name
			if seen[key] {
				t.Errorf("%s: two of %s", filepath.Base(file), key)
			}
			seen[key] = true
		}
		if !seen["Deployment patchbay-serve"] || !seen["Deployment patchbay-work"] || !seen["Job patchbay-migrate"] {
			t.Errorf("%s: the three that are always there are not: %v", filepath.Base(file), seen)
		}
	}
}

// Pods are what the chart says of them: without root, without rights, without a
// token, and given longer than the server's own drain.
func TestChartPods(t *testing.T) {
	t.Parallel()
	for _, file := range examples(t) {
		text, err := render(values(t, file))
		if err != nil {
			t.Fatal(err)
		}
		code := strings.Contains(text, "hostUsers: false")
		pods := 0
		for _, o := range decode(t, text) {
			var pod corev1.PodSpec
			switch object := o.object.(type) {
			case *appsv1.Deployment:
				pod = object.Spec.Template.Spec
				for k, v := range object.Spec.Selector.MatchLabels {
					if object.Spec.Template.Labels[k] != v {
						t.Errorf("%s: the selector does not find its own pods by %s", o.name, k)
					}
				}
				if pod.Containers[0].LivenessProbe == nil || pod.Containers[0].ReadinessProbe == nil {
					t.Errorf("%s has no probes", o.name)
				}
			case *batchv1.Job:
				pod = object.Spec.Template.Spec
			default:
				continue
			}
			pods++
			checkPod(t, filepath.Base(file)+": "+o.name, &pod, code && o.kind == "Deployment")
		}
		if pods != 3 {
			t.Errorf("%s: %d pods, want 3", filepath.Base(file), pods)
		}
	}
}

func checkPod(t *testing.T, name string, pod *corev1.PodSpec, code bool) {
	t.Helper()
	if pod.AutomountServiceAccountToken == nil || *pod.AutomountServiceAccountToken {
		t.Errorf("%s has a token of its service account", name)
	}
	if s := pod.SecurityContext; s == nil || s.RunAsNonRoot == nil || !*s.RunAsNonRoot || s.SeccompProfile == nil || s.SeccompProfile.Type != corev1.SeccompProfileTypeRuntimeDefault {
		t.Errorf("%s may be root, or call what it likes", name)
	}
	if code != (pod.HostUsers != nil && !*pod.HostUsers) {
		t.Errorf("%s: code is %v, and its users are the host's: %v", name, code, pod.HostUsers)
	}
	for i := range pod.Containers {
		c := &pod.Containers[i]
		s := c.SecurityContext
		if s == nil || s.AllowPrivilegeEscalation == nil || *s.AllowPrivilegeEscalation || s.ReadOnlyRootFilesystem == nil || !*s.ReadOnlyRootFilesystem ||
			s.Capabilities == nil || !slices.Equal(s.Capabilities.Drop, []corev1.Capability{"ALL"}) || len(s.Capabilities.Add) > 0 || s.Privileged != nil {
			t.Errorf("%s has rights that it does not need: %+v", name, s)
			continue
		}
		if loose := s.ProcMount != nil || s.SeccompProfile != nil || s.AppArmorProfile != nil; loose != code {
			t.Errorf("%s: code is %v, and its container is loosened: %v", name, code, loose)
		}
		if c.Resources.Limits.Memory().IsZero() || c.Resources.Requests.Cpu().IsZero() {
			t.Errorf("%s asks for no processor, or may take all memory", name)
		}
		for _, e := range c.Env {
			if e.Name != "PATCHBAY_DRAIN" {
				continue
			}
			drain, err := time.ParseDuration(e.Value)
			if grace := pod.TerminationGracePeriodSeconds; err != nil || grace == nil || time.Duration(*grace)*time.Second <= drain {
				t.Errorf("%s drains for %s and is killed after %v s", name, e.Value, grace)
			}
		}
	}
}

// What is wrong is said before anything is installed.
func TestChartRefuses(t *testing.T) {
	t.Parallel()
	refused := map[string]struct{ values, says string }{
		"no secrets":            {`settings: {PUBLIC_URL: "https://a.example"}`, "secrets.existingSecret"},
		"no address":            {`secrets: {existingSecret: a}`, "PUBLIC_URL"},
		"an address with path":  {`{settings: {PUBLIC_URL: "https://a.example/x"}, secrets: {existingSecret: a}}`, "PUBLIC_URL"},
		"an unknown setting":    {`{settings: {PUBLIC_URL: "https://a.example", LOGLEVEL: DEBUG}, secrets: {existingSecret: a}}`, "LOGLEVEL"},
		"a secret in the clear": {`{settings: {PUBLIC_URL: "https://a.example", MASTER_KEY: x}, secrets: {existingSecret: a}}`, "MASTER_KEY"},
		"half of the secrets":   {`{settings: {PUBLIC_URL: "https://a.example"}, secrets: {values: {PATCHBAY_REDIS_URL: x}}}`, "secrets"},
		"no store":              {`{settings: {PUBLIC_URL: "https://a.example"}, secrets: {externalSecret: {enabled: true, from: a}}}`, "store.name"},
		"a misspelt value":      {`{settings: {PUBLIC_URL: "https://a.example"}, secrets: {existingSecret: a}, work: {replica: 3}}`, "replica"},
	}
	for name, tt := range refused {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var v map[string]any
			if err := yaml.UnmarshalStrict([]byte(tt.values), &v); err != nil {
				t.Fatal(err)
			}
			if _, err := render(v); err == nil || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("it came to %v, want an error that names %s", err, tt.says)
			}
		})
	}
}

// The chart takes the settings that there are, but those that are secret, that it
// sets itself, or that are of a command.
func TestChartSettings(t *testing.T) {
	t.Parallel()
	var schema struct {
		Properties struct {
			Settings struct {
				PropertyNames struct{ Enum []string }
			}
		}
	}
	if err := yaml.Unmarshal([]byte(read(t, "deploy/helm/patchbay/values.schema.json")), &schema); err != nil {
		t.Fatal(err)
	}
	elsewhere := []string{"DATABASE_URL", "DATABASE_DIRECT_URL", "DATABASE_REPLICA_URL", "REDIS_URL", "MASTER_KEY", "METRICS_TOKEN", "SMTP_URL", "EGRESS_PROXY", "DRAIN", "WORKER_CONCURRENCY", "WORK_LISTEN", "LISTEN"}
	var want []string
	for name, section := range settings(t) {
		if section != "Commands" && !slices.Contains(elsewhere, name) {
			want = append(want, name)
		}
	}
	slices.Sort(want)
	if got := schema.Properties.Settings.PropertyNames.Enum; !slices.Equal(got, want) {
		t.Errorf("values.schema.json lets settings be\n%q, SETTINGS.md has\n%q", got, want)
	}
}
