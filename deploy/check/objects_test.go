package check

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	monitoringv1 "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"
)

// externalSecret is what the chart uses of external-secrets.io/v1, whose own types
// bring the operator's dependencies along.
type externalSecret struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata"`
	Spec              struct {
		RefreshInterval string `json:"refreshInterval"`
		SecretStoreRef  struct {
			Name string `json:"name"`
			Kind string `json:"kind"`
		} `json:"secretStoreRef"`
		Target struct {
			Name           string `json:"name"`
			CreationPolicy string `json:"creationPolicy"`
			DeletionPolicy string `json:"deletionPolicy"`
		} `json:"target"`
		DataFrom []struct {
			Extract struct {
				Key string `json:"key"`
			} `json:"extract"`
		} `json:"dataFrom"`
	} `json:"spec"`
}

// kinds are those that the chart may make.
var kinds = map[string]func() any{
	"apps/v1 Deployment":                      func() any { return &appsv1.Deployment{} },
	"autoscaling/v2 HorizontalPodAutoscaler":  func() any { return &autoscalingv2.HorizontalPodAutoscaler{} },
	"batch/v1 Job":                            func() any { return &batchv1.Job{} },
	"external-secrets.io/v1 ExternalSecret":   func() any { return &externalSecret{} },
	"monitoring.coreos.com/v1 PodMonitor":     func() any { return &monitoringv1.PodMonitor{} },
	"monitoring.coreos.com/v1 PrometheusRule": func() any { return &monitoringv1.PrometheusRule{} },
	"networking.k8s.io/v1 Ingress":            func() any { return &networkingv1.Ingress{} },
	"networking.k8s.io/v1 NetworkPolicy":      func() any { return &networkingv1.NetworkPolicy{} },
	"policy/v1 PodDisruptionBudget":           func() any { return &policyv1.PodDisruptionBudget{} },
	"v1 ConfigMap":                            func() any { return &corev1.ConfigMap{} },
	"v1 Secret":                               func() any { return &corev1.Secret{} },
	"v1 Service":                              func() any { return &corev1.Service{} },
	"v1 ServiceAccount":                       func() any { return &corev1.ServiceAccount{} },
}

type object struct {
	kind, name string
	object     any
}

func decode(t *testing.T, text string) (out []object) {
	t.Helper()
	for doc := range strings.SplitSeq(text, "\n---\n") {
		var head struct {
			metav1.TypeMeta `json:",inline"`
			Metadata        metav1.ObjectMeta `json:"metadata"`
		}
		if err := yaml.Unmarshal([]byte(doc), &head); err != nil {
			t.Fatalf("%v\n%s", err, doc)
		}
		if head.Kind == "" {
			continue
		}
		kind, ok := kinds[head.APIVersion+" "+head.Kind]
		if !ok {
			t.Errorf("%s %s is of no kind that is known here", head.APIVersion, head.Kind)
			continue
		}
		o := kind()
		if err := yaml.UnmarshalStrict([]byte(doc), o); err != nil {
			t.Errorf("%s %s: %v", head.Kind, head.Metadata.Name, err)
		}
		if head.Metadata.Name == "" || len(head.Metadata.Labels) == 0 {
			t.Errorf("%s %q has no name, or no labels", head.Kind, head.Metadata.Name)
		}
		out = append(out, object{head.Kind, head.Metadata.Name, o})
	}
	return out
}

var metric = regexp.MustCompile(`patchbay_[a-z_]+`)

// Alerts and the measure of the autoscaler are about metrics that the server has.
func TestMetricsAreKnown(t *testing.T) {
	t.Parallel()
	var known strings.Builder
	for _, folder := range []string{"internal/telemetry", "internal/backlog", "api/app"} {
		files, err := filepath.Glob(filepath.Join(top, folder, "*.go"))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			known.Write(text)
		}
	}
	for _, place := range []string{"values.yaml", "alerts.yaml", "dashboard.json"} {
		for _, name := range metric.FindAllString(read(t, "deploy/helm/patchbay", place), -1) {
			for _, suffix := range []string{"_bucket", "_count", "_sum"} {
				name = strings.TrimSuffix(name, suffix)
			}
			if !strings.Contains(known.String(), `"`+name+`"`) {
				t.Errorf("%s names %s, which the server does not measure", place, name)
			}
		}
	}
}
