package check

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/rulefmt"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/promql/promqltest"
)

// alarms are two histories of three hours for each alert, a value a minute: one that
// has to set it off at its end, and one that must not.
var alarms = map[string]struct{ loud, quiet string }{
	"PatchbayDown": {`up 0x180`, `patchbay_build_info{version="v1"} 1x180`},
	"PatchbayErrors": {
		"patchbay_http_request_seconds_count{status=\"2xx\"} 0+90x180\npatchbay_http_request_seconds_count{status=\"5xx\"} 0+10x180",
		"patchbay_http_request_seconds_count{status=\"2xx\"} 0+990x180\npatchbay_http_request_seconds_count{status=\"5xx\"} 0+10x180",
	},
	"PatchbaySlow": {
		"patchbay_http_request_seconds_bucket{face=\"rest\",le=\"1\"} 0+90x180\npatchbay_http_request_seconds_bucket{face=\"rest\",le=\"5\"} 0+100x180\npatchbay_http_request_seconds_bucket{face=\"rest\",le=\"+Inf\"} 0+100x180",
		"patchbay_http_request_seconds_bucket{face=\"proxy\",le=\"1\"} 0+0x180\npatchbay_http_request_seconds_bucket{face=\"proxy\",le=\"5\"} 0+100x180\npatchbay_http_request_seconds_bucket{face=\"proxy\",le=\"+Inf\"} 0+100x180",
	},
	"PatchbayWorkLate":    {`patchbay_backlog_oldest_seconds{kind="runs"} 0+60x180`, `patchbay_backlog_oldest_seconds{kind="runs"} 119x180`},
	"PatchbayNobodyWorks": {`patchbay_backlog_oldest_seconds{kind="runs"} 0+60x180`, `patchbay_backlog_oldest_seconds{kind="runs"} 600x180`},
	"PatchbayDeliveriesLate": {
		"patchbay_delivery_lateness_seconds_bucket{le=\"10\"} 0+80x180\npatchbay_delivery_lateness_seconds_bucket{le=\"30\"} 0+100x180\npatchbay_delivery_lateness_seconds_bucket{le=\"+Inf\"} 0+120x180",
		"patchbay_delivery_lateness_seconds_bucket{le=\"10\"} 0+118x180\npatchbay_delivery_lateness_seconds_bucket{le=\"30\"} 0+119x180\npatchbay_delivery_lateness_seconds_bucket{le=\"+Inf\"} 0+120x180",
	},
	"PatchbayDeadLetters":   {`patchbay_dead_letters 1x180`, `patchbay_dead_letters 0x180`},
	"PatchbayDeadRuns":      {`patchbay_dead_runs 1x180`, `patchbay_dead_runs 0x180`},
	"PatchbayRefreshesFail": {"patchbay_refreshes_total{outcome=\"ok\"} 0+7x180\npatchbay_refreshes_total{outcome=\"transient\"} 0+3x180", "patchbay_refreshes_total{outcome=\"ok\"} 0+9x180\npatchbay_refreshes_total{outcome=\"reauth\"} 0+1x180"},
	"PatchbayClientRefused": {`patchbay_refreshes_total{outcome="client_config"} 0+1x180`, `patchbay_refreshes_total{outcome="reauth"} 0+1x180`},
	"PatchbayConnectionsFail": {
		"patchbay_connections_total{outcome=\"connected\"} 0+1x180\npatchbay_connections_total{outcome=\"failed\"} 0+2x180",
		"patchbay_connections_total{outcome=\"connected\"} 0+2x180\npatchbay_connections_total{outcome=\"failed\"} 0+1x180",
	},
	"PatchbayRedisAway":         {`patchbay_rate_limits_open_total 0+1x180`, `patchbay_rate_limits_open_total 7x180`},
	"PatchbayConnectionsUsedUp": {`go_sql_wait_duration_seconds_total{instance="a"} 0+90x180`, `go_sql_wait_duration_seconds_total{instance="a"} 0+30x180`},
	"PatchbayComplains":         {`patchbay_log_lines_total{level="error"} 0+3x180`, "patchbay_log_lines_total{level=\"error\"} 0+1x180\npatchbay_log_lines_total{level=\"warn\"} 0+9x180"},
	"PatchbayLogsIncomplete":    {"patchbay_proxy_requests_unlogged_total 0x175 1x5\npatchbay_action_runs_unlogged_total 0x180", "patchbay_proxy_requests_unlogged_total 5x180\npatchbay_action_runs_unlogged_total 5x180"},
	"PatchbaySignaturesFalse":   {`patchbay_inbound_rejected_total 0+90x180`, `patchbay_inbound_rejected_total 0+30x180`},
	"PatchbayVersionsMixed":     {"patchbay_build_info{version=\"v1\"} 1x180\npatchbay_build_info{version=\"v2\"} 1x180", "patchbay_build_info{version=\"v1\",instance=\"a\"} 1x180\npatchbay_build_info{version=\"v1\",instance=\"b\"} 1x180"},
}

// Each alert is one that Prometheus reads, says what to do, and goes off when it has
// to and not when it need not.
func TestAlerts(t *testing.T) {
	t.Parallel()
	language := parser.NewParser(promqltest.TestParserOpts)
	groups, errs := rulefmt.Parse([]byte(readFile(t, "alerts.yaml")), false, model.UTF8Validation, language, slog.Default())
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	seen := 0
	for _, rule := range groups.Groups[0].Rules {
		seen++
		if rule.Labels["severity"] == "" || !strings.HasSuffix(rule.Annotations["summary"], ".") {
			t.Errorf("%s has no severity, or no sentence", rule.Alert)
		}
		history, ok := alarms[rule.Alert]
		if !ok {
			t.Errorf("%s is not tried: give it two histories", rule.Alert)
			continue
		}
		for want, series := range map[bool]string{true: history.loud, false: history.quiet} {
			t.Run(fmt.Sprint(rule.Alert, " ", want), func(t *testing.T) {
				t.Parallel()
				q, err := promqltest.NewTestEngine(t, false, 0, promqltest.DefaultMaxSamplesPerQuery).
					NewInstantQuery(t.Context(), promqltest.LoadedStorage(t, "load 1m\n  "+strings.ReplaceAll(series, "\n", "\n  ")), nil, rule.Expr, time.Unix(0, 0).Add(3*time.Hour))
				if err != nil {
					t.Fatal(err)
				}
				defer q.Close()
				found := q.Exec(t.Context())
				if vector, err := found.Vector(); err != nil || len(vector) > 0 != want {
					t.Errorf("goes off: %v (%v), want %v", vector, err, want)
				}
			})
		}
	}
	if seen != len(alarms) {
		t.Errorf("there are %d alerts, and histories of %d", seen, len(alarms))
	}
}

// Each question of the dashboard is one that Prometheus understands.
func TestDashboard(t *testing.T) {
	t.Parallel()
	var board struct {
		UID    string
		Panels []struct {
			ID      int
			Type    string
			Title   string
			Targets []struct{ Expr string }
		}
	}
	if err := json.Unmarshal([]byte(readFile(t, "dashboard.json")), &board); err != nil {
		t.Fatal(err)
	}
	language, ids := parser.NewParser(promqltest.TestParserOpts), map[int]bool{}
	for _, p := range board.Panels {
		if ids[p.ID] || p.Title == "" || (p.Type == "row") != (len(p.Targets) == 0) {
			t.Errorf("panel %d (%s) is there twice, or asks nothing", p.ID, p.Title)
		}
		ids[p.ID] = true
		for _, target := range p.Targets {
			if _, err := language.ParseExpr(strings.ReplaceAll(target.Expr, "$__rate_interval", "5m")); err != nil {
				t.Errorf("%s: %v", p.Title, err)
			}
		}
	}
	if len(ids) < 25 || board.UID == "" {
		t.Errorf("the dashboard has %d panels", len(ids))
	}
}

func readFile(t *testing.T, name string) string {
	t.Helper()
	return read(t, "deploy/helm/patchbay", name)
}
