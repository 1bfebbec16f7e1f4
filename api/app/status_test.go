package app_test

import (
	"encoding/json"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/patchbay-dev/patchbay/api/app"
)

// Who runs the installation sees how it does, as JSON and as a page, and nobody
// else does: not by a proxy, not with a console's or a customer's token.
func TestStatus(t *testing.T) {
	t.Parallel()
	const secret = "measure-me-7f3a"
	g := newRig(t, func(c *app.Config) { c.MetricsToken = secret })
	g.work()
	bearer := []string{"Authorization", "Bearer " + secret}
	for _, path := range []string{"/status", "/metrics", "/debug/pprof/", "/debug/pprof/goroutine?debug=1"} {
		if r := g.do(t, http.MethodGet, path, "", bearer...); r.Status != http.StatusOK {
			t.Errorf("%s says %d to an operator: %s", path, r.Status, r.Body)
		}
		for who, headers := range map[string][]string{
			"nobody": {"Authorization", ""}, "a customer": {"Authorization", "Bearer " + g.home.token}, "somebody who guesses": {"Authorization", "Bearer measure-me"}, "no password": {"Authorization", "Basic Og=="},
		} {
			if r := g.do(t, http.MethodGet, path, "", headers...); r.Status != http.StatusUnauthorized || !strings.Contains(r.Body, `"unauthenticated"`) {
				t.Errorf("%s says %d to %s: %s", path, r.Status, who, r.Body)
			}
		}
	}

	var got struct {
		Status, Version, Database, Redis string
		Workers                          *int
		Work                             []struct{ Kind string }
		Deliveries                       *struct{ Success *float64 }
	}
	if err := json.Unmarshal([]byte(g.do(t, http.MethodGet, "/status", "", bearer...).Body), &got); err != nil {
		t.Fatal(err)
	}
	if got.Status != "ok" || got.Database != "ok" || got.Redis != "ok" || got.Version == "" || got.Workers == nil || len(got.Work) < 6 || got.Deliveries == nil || got.Deliveries.Success != nil {
		t.Errorf("%+v", got)
	}

	page := g.do(t, http.MethodGet, "/status", "", append(bearer, "Accept", "text/html")...)
	if !strings.Contains(page.Header.Get("Content-Type"), "text/html") || !strings.Contains(page.Body, "<td>deliveries</td>") || !strings.Contains(page.Body, "There was no attempt") || page.Header.Get("Content-Security-Policy") == "" {
		t.Errorf("%v\n%s", page.Header, page.Body)
	}
}

// Series are few however many tenants there are: no label names one, and none
// takes what a caller sends.
func TestLabelsAreBounded(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	for _, method := range []string{"BREW", "PROPFIND", "GET"} {
		g.do(t, method, "/v1/connect/"+g.home.project+"/accounts", "")
	}
	body := g.do(t, http.MethodGet, "/metrics", "").Body
	known := []string{"face", "method", "status", "outcome", "to", "channel", "code", "le", "task", "ok", "level", "kind", "version", "goversion", "db_name", "quantile"}
	for _, series := range regexp.MustCompile(`(?m)^\w+\{([^}]*)\}`).FindAllStringSubmatch(body, -1) {
		for _, label := range regexp.MustCompile(`(\w+)="([^"]*)"`).FindAllStringSubmatch(series[1], -1) {
			if !slices.Contains(known, label[1]) || strings.Contains(label[2], g.home.project) || label[2] == "BREW" {
				t.Errorf("%s has the label %s", series[0], label[0])
			}
		}
	}
	if !strings.Contains(body, `method="other"`) || !strings.Contains(body, "go_sql_open_connections") || !strings.Contains(body, "patchbay_build_info") {
		t.Error(body)
	}
}
