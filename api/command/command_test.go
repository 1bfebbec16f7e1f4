package command

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/patchbay-dev/patchbay/api/app"
)

var update = flag.Bool("update", false, "write web/docs/pages/cli.md")

// typed carries out a command line without a server. Its environment is broken, which
// who needs none of it must not notice.
func typed(t *testing.T, c *app.Config, args ...string) (out, said string, code int) {
	t.Helper()
	var o, e bytes.Buffer
	p := Program{Out: &o, Err: &e, Now: time.Now, Profiles: "testdata/none.json", Load: func() (app.Config, error) {
		if c == nil {
			return app.Config{}, errors.New("configuration: PATCHBAY_DRAIN is no time")
		}
		return *c, nil
	}, Open: func(context.Context, app.Config) (*app.App, func(), error) {
		return nil, nil, errors.New("a server is opened")
	}}
	code = p.Run(t.Context(), args)
	return o.String(), e.String(), code
}

func TestMisuse(t *testing.T) {
	t.Parallel()
	for line, says := range map[string]string{
		"":                                      "What is to be done?",
		"lissten":                               "Did you mean listen?",
		"fjord":                                 `There is no command "patchbay fjord".` + "\n",
		"keys":                                  "backup, restore, retire, rotate, status",
		"keys rotat":                            "Did you mean rotate?",
		"runs lst":                              "or list?",
		"keys rotate now":                       `"now" is too much`,
		"listen":                                "--forward is needed",
		"listen --forwrd x":                     "Did you mean --forward?",
		"listen --forward x --xyzzy":            "There is no flag --xyzzy.\n",
		"listen --forward":                      "Flag needs an argument: --forward.",
		"listen --forward x --since soon":       "invalid duration",
		"plans set":                             "Something is missing",
		"plans set x --limit proxy=much":        "--limit",
		"plans set x --quota run=1k":            "--quota",
		"members invite a@b.c --role king":      "owner or admin or developer",
		"torture deliver --events 5":            "--events is 5, want 100",
		"torture runs --kill-every 1ms":         "want 100ms or more",
		"torture soak --for 1m":                 "--for is 1m0s, want 12m0s",
		"torture soak --cycle 1ms":              "want 1s or more",
		"bench --seconds 0":                     "--seconds is 0, want 1",
		"bench --only nonsense":                 "there are at_rest, token_requests, ",
		"bench more":                            "is too much",
		"completion fob":                        "There is no command",
		"accounts import x --project p":         "--environment is needed",
		"workflows plan --environment staging":  "development or production",
		"app import-openapi x.json":             "--slug is needed",
		"version -x":                            "Unknown shorthand flag",
		"audit verify --workspace a --expect b": "", // is no misuse
	} {
		out, said, code := typed(t, nil, strings.Fields(line)...)
		if says == "" {
			if code != exitFailed || !strings.Contains(said, "PATCHBAY_DRAIN") {
				t.Errorf("patchbay %s: %d %s", line, code, said)
			}
			continue
		}
		if code != exitUsage || !strings.Contains(said, says) || !strings.Contains(said, "--help") || out != "" {
			t.Errorf("patchbay %s: %d, want %q\n%s%s", line, code, says, said, out)
		}
	}
}

// Each command says what it is, what it takes, and needs no setting for it.
func TestHelp(t *testing.T) {
	t.Parallel()
	root := (&Program{}).tree()
	n := 0
	each(root, func(c *cobra.Command) {
		if c.Hidden || c.Name() == "help" {
			return
		}
		n++
		if c.Short == "" || strings.HasSuffix(c.Short, ".") {
			t.Errorf("%s says %q of itself", c.CommandPath(), c.Short)
		}
		c.Flags().VisitAll(func(f *pflag.Flag) {
			if f.Usage == "" && !f.Hidden {
				t.Errorf("%s: --%s says nothing of itself", c.CommandPath(), f.Name)
			}
			if strings.Contains(f.Name, "secret") || strings.Contains(f.Name, "password") {
				t.Errorf("%s: --%s would be seen by everybody on the machine", c.CommandPath(), f.Name)
			}
		})
		out, said, code := typed(t, nil, append(strings.Fields(c.CommandPath())[1:], "--help")...)
		if code != exitDone || !strings.Contains(out, "Usage:") || said != "" {
			t.Errorf("%s --help: %d %s%s", c.CommandPath(), code, out, said)
		}
	})
	if n < 40 {
		t.Errorf("%d commands", n)
	}
}

// What needs no server works where nothing is set, and where what is set is wrong.
func TestWithoutSettings(t *testing.T) {
	t.Parallel()
	out, said, code := typed(t, nil, "version", "--json")
	var b build
	if err := json.Unmarshal([]byte(out), &b); err != nil || code != exitDone || b.Version == "" || b.Go == "" {
		t.Error(out, said, err)
	}
	for _, shell := range []string{"bash", "zsh", "fish", "powershell"} {
		if out, said, code := typed(t, nil, "completion", shell); code != exitDone || !strings.Contains(out, "patchbay") || said != "" {
			t.Errorf("%s: %d %.200s %s", shell, code, out, said)
		}
	}
	if out, _, code := typed(t, nil, "app", "lint", "../../internal/catalog/apps/github"); code != exitDone || !strings.Contains(out, "sound") {
		t.Error(out, code)
	}
}

// What completes comes from the server, and nothing comes from one that is away.
func TestCompletion(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/v1/oauth/token":
			_, _ = w.Write([]byte(`{"access_token":"t"}`))
		case "/v1/connect/projects":
			_, _ = w.Write([]byte(`{"data":[{"id":"proj_1","name":"One\nmore"}]}`))
		case "/v1/connect/apps":
			_, _ = w.Write([]byte(`{"data":[{"id":"app_1","name":"Acme","name_slug":"acme_` + r.URL.Query().Get("q") + `"}]}`))
		}
	}))
	defer server.Close()
	c := &app.Config{BaseURL: server.URL, ClientID: "cli_1", ClientSecret: "s"}
	for line, want := range map[string]string{
		"listen --project ":             "proj_1\tOne more\n:4",
		"component init x --app cr":     "acme_cr\tAcme\n:4",
		"workflows plan --environment ": "development\nproduction\n:4",
		"members role a@b.c ":           "owner\nadmin\ndeveloper\nviewer\n:4",
		"keys ro":                       "rotate\t",
	} {
		args := strings.Split(line, " ")
		if out, said, code := typed(t, c, append([]string{"__complete"}, args...)...); code != exitDone || !strings.Contains(out, want) {
			t.Errorf("%q: %d %q, want %q %s", line, code, out, want, said)
		}
	}
	server.Close()
	if out, _, code := typed(t, c, "__complete", "listen", "--project", ""); code != exitDone || out != ":4\n" {
		t.Errorf("without a server: %d %q", code, out)
	}
}

// The page of the documentation is what the program says of itself.
func TestReference(t *testing.T) {
	t.Parallel()
	const name = "../../web/docs/pages/cli.md"
	out, said, code := typed(t, nil, "reference")
	if code != exitDone || !strings.Contains(out, "### patchbay workflows plan\n") {
		t.Fatal(out, said)
	}
	if *update {
		if err := os.WriteFile(name, []byte(out), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if page, err := os.ReadFile(name); err != nil || string(page) != out {
		t.Errorf("%s is not what the commands say. Fix: make generate (%v)", name, err)
	}
}

func nothingSet() (app.Config, error) {
	return app.Config{PublicURL: "http://localhost:8080"}, nil
}
