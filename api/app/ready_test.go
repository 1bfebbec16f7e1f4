package app_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/patchbay-dev/patchbay/api/app"
)

func TestReady(t *testing.T) {
	t.Parallel()
	says := func(status int, body string) string {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path != "/readyz" {
				http.NotFound(w, r)
				return
			}
			w.WriteHeader(status)
			_, _ = io.WriteString(w, body)
		}))
		t.Cleanup(s.Close)
		return s.Listener.Addr().String()
	}
	well := says(200, `{"status":"ok","database":"ok","redis":"ok"}`)
	tests := map[string]struct {
		c    app.Config
		want string // of the error; "" = none
	}{
		"serves":                 {app.Config{Listen: well}, ""},
		"at every address":       {app.Config{Listen: ":" + well[strings.LastIndex(well, ":")+1:]}, ""},
		"works":                  {app.Config{Listen: ":8080", WorkListen: well}, ""},
		"without its database":   {app.Config{Listen: says(503, `{"status":"unavailable","database":"does not answer","redis":"ok"}`)}, "is not ready: its database does not answer"},
		"something else answers": {app.Config{Listen: says(200, "hello")}, "something else than Patchbay"},
		"nothing answers":        {app.Config{Listen: freeAddress(t)}, "nothing answers at http://127.0.0.1"},
		"no address":             {app.Config{Listen: "nowhere"}, "no address to listen at"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := app.Ready(context.Background(), &tt.c)
			if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
				t.Errorf("it said %v, want %q", err, tt.want)
			}
		})
	}
}
