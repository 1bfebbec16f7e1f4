package command

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/patchbay-dev/patchbay/api/app"
)

// A stream that breaks off is gone on with from what was told of last, a token that is
// over is asked for anew, and a run that failed ends the command as it ended.
func TestTailGoesOn(t *testing.T) {
	t.Parallel()
	tokens, calls := 0, []string{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/v1/oauth/token" {
			tokens++
			_, _ = fmt.Fprintf(w, `{"access_token":"t%d"}`, tokens)
			return
		}
		calls = append(calls, r.Header.Get("Authorization")+" after "+r.Header.Get("Last-Event-ID"))
		w.Header().Set("Content-Type", "text/event-stream")
		switch len(calls) {
		case 1: // broken off in the middle of an event
			_, _ = fmt.Fprint(w, "retry: 1000\n\n: \n\nid: 1\nevent: run\ndata: {\"id\":\"run_1\",\"status\":\"running\",\"workflow_name\":\"W\",\"error\":null}\n\nid: 2\nevent: step\ndata: {\"pa")
		case 2:
			w.WriteHeader(http.StatusServiceUnavailable)
		case 3: // the token is over
			w.WriteHeader(http.StatusUnauthorized)
		case 4:
			_, _ = fmt.Fprint(w, "id: 2\nevent: step\ndata: {\"path\":\"go\",\"status\":\"failed\",\"type\":\"filter\",\"error\":{\"message\":\"No.\"}}\n\n",
				"event: run\ndata: {\"id\":\"run_1\",\"status\":\"failed\",\"error\":{\"message\":\"No.\"}}\n\nevent: end\ndata: {}\n\n")
		}
	}))
	defer server.Close()
	var out, notices bytes.Buffer
	p := Program{
		Out: &out, Err: &notices, Now: time.Now, Profiles: "testdata/none.json",
		Load: func() (app.Config, error) {
			return app.Config{BaseURL: server.URL, ClientID: "cli_1", ClientSecret: "s", ProjectID: "proj_1"}, nil
		},
	}
	if code := p.Run(t.Context(), []string{"runs", "tail", "run_1"}); code != exitFailed || !strings.Contains(notices.String(), "the run failed: No.") {
		t.Error(code, notices.String())
	}
	if n := strings.Count(notices.String(), "trying again"); n != 1 {
		t.Errorf("it said %d times that it tries again: %s", n, notices.String())
	}
	if want := "Bearer t1 after |Bearer t1 after 1|Bearer t1 after 1|Bearer t2 after 1"; strings.Join(calls, "|") != want {
		t.Errorf("%v, want %s", calls, want)
	}
	for _, says := range []string{"run_1", "running", "  go", "No."} {
		if !strings.Contains(out.String(), says) {
			t.Errorf("%q is missing: %s", says, out.String())
		}
	}
}

// What a server that is none answers ends in a sentence.
func TestAnswersOfStrangers(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]string{"a page": "<html>", "nothing": "", "another form": `{"data":3}`, "half": `{"data":[{"id":`} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/v1/oauth/token" {
				_, _ = w.Write([]byte(`{"access_token":"t"}`))
				return
			}
			_, _ = w.Write([]byte(answer))
		}))
		var notices bytes.Buffer
		p := Program{Out: &bytes.Buffer{}, Err: &notices, Now: time.Now, Profiles: "testdata/none.json", Load: func() (app.Config, error) {
			return app.Config{BaseURL: server.URL, ClientID: "cli_1", ClientSecret: "s", ProjectID: "proj_1"}, nil
		}}
		for _, args := range [][]string{{"projects", "list"}, {"runs", "get", "run_1"}, {"actions", "run", "x", "--user", "u", "--account", "a"}} {
			notices.Reset()
			if code := p.Run(t.Context(), args); code != exitFailed && name != "another form" || strings.Contains(notices.String(), "panic") {
				t.Errorf("%s, %v: %d %s", name, args, code, notices.String())
			}
		}
		server.Close()
	}
}
