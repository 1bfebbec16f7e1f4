package app_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/patchbay-dev/patchbay/api/app"
)

// A process that works alone says that it lives and can work, and what waits.
func TestWorkTells(t *testing.T) {
	t.Parallel()
	at := freeAddress(t)
	g := newRig(t, func(c *app.Config) { c.WorkListen = at })
	g.work()
	ask := func(path string) (int, string) {
		res, err := http.Get("http://" + at + path)
		if err != nil {
			return 0, err.Error()
		}
		defer func() { _ = res.Body.Close() }()
		body, _ := io.ReadAll(res.Body)
		return res.StatusCode, string(body)
	}
	for _, path := range []string{"/healthz", "/readyz"} {
		soon(t, path+" is answered by 200", func() bool { status, _ := ask(path); return status == http.StatusOK })
	}
	soon(t, "the metrics say what waits", func() bool {
		_, body := ask("/metrics")
		return strings.Contains(body, `patchbay_backlog_due{kind="deliveries"} `) && strings.Contains(body, `patchbay_backlog_oldest_seconds{kind="runs"} `)
	})
	if status, _ := ask("/v1/scopes"); status != http.StatusNotFound {
		t.Errorf("a worker answers the API: %d", status)
	}
}
