package app_test

import (
	"cmp"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/patchbay-dev/patchbay/api/app"
	"github.com/patchbay-dev/patchbay/internal/sandbox"
	"github.com/patchbay-dev/patchbay/internal/testkit"
)

type checked struct {
	OK     bool
	Checks []struct{ Check, State, Says, Remedy string }
}

// state returns how a check ended, "" for one that was not made.
func (c checked) state(check string) string {
	for _, f := range c.Checks {
		if f.Check == check {
			return f.State
		}
	}
	return ""
}

func (g *rig) doctor(t *testing.T, env ...string) (c checked, ok bool) {
	t.Helper()
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(path, "doctor", "--json")
	cmd.Env = append([]string{
		"PATCHBAY_DATABASE_URL=" + g.config.DatabaseURL, "PATCHBAY_REDIS_URL=" + g.config.RedisURL, "PATCHBAY_MASTER_KEY=" + g.config.MasterKey,
		"PATCHBAY_PUBLIC_URL=" + g.config.PublicURL, "PATCHBAY_SPOOL_DIR=" + g.config.SpoolDir,
	}, env...)
	out, err := cmd.Output()
	if jsonErr := json.Unmarshal(out, &c); jsonErr != nil {
		t.Fatalf("%v: %s", jsonErr, out)
	}
	for _, f := range c.Checks {
		if f.Says == "" || (f.State != "ok") != (f.Remedy != "") {
			t.Errorf("%+v", f)
		}
	}
	if c.OK != (err == nil) {
		t.Errorf("ok is %v, and the command ended with %v", c.OK, err)
	}
	return c, c.OK
}

// The doctor finds what is wrong, and only that.
func TestDoctor(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	sound, ok := g.doctor(t)
	for _, check := range []string{"configuration", "database", "pooler", "migrations", "rights", "clock", "redis", "master key", "secrets", "public URL", "catalogue", "spool", "payloads", "own app files"} {
		if got := sound.state(check); got != "ok" {
			t.Errorf("%s: %s in %+v", check, got, sound)
		}
	}
	if best := map[sandbox.Tier]string{sandbox.Isolated: "ok"}[sandbox.Detect(t.Context()).Tier]; sound.state("sandbox") != cmp.Or(best, "warn") {
		t.Errorf("the sandbox: %+v", sound)
	}
	if !ok || sound.state("key backup") != "warn" || sound.state("disk") == "" {
		t.Errorf("%+v", sound)
	}
	g.must(t, "Written", "keys", "backup", filepath.Join(t.TempDir(), "keys.age"))
	if c, _ := g.doctor(t); c.state("key backup") != "ok" {
		t.Errorf("after a backup: %+v", c)
	}
	if said := g.must(t, " 0 failed", "doctor"); !strings.Contains(said, "ok    master key") {
		t.Errorf("the table:\n%s", said)
	}
	node := filepath.Join(t.TempDir(), "node")
	if err := os.WriteFile(node, []byte("#!/bin/sh\necho v24.1.0\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	tests := map[string]struct {
		env, check, want string
	}{
		"no way past the pooler":  {"PATCHBAY_DATABASE_DIRECT_URL=postgres://127.0.0.1:1/x?connect_timeout=1", "pooler", "fail"},
		"a way past no pooler":    {"PATCHBAY_DATABASE_DIRECT_URL=" + g.config.DatabaseURL, "pooler", "ok"},
		"no replica":              {"PATCHBAY_DATABASE_REPLICA_URL=postgres://u:hunter2@127.0.0.1:1/x", "replica", "warn"},
		"a replica that is none":  {"PATCHBAY_DATABASE_REPLICA_URL=" + g.config.DatabaseURL, "replica", "warn"},
		"a way to something else": {"PATCHBAY_DATABASE_DIRECT_URL=" + testkit.DatabaseURL(t), "pooler", "fail"},
		"no such setting":         {"PATCHBAY_WORKER_CONCURRENCY=0", "configuration", "fail"},
		"no database":             {"PATCHBAY_DATABASE_URL=postgres://u:hunter2@127.0.0.1:1/d", "database", "fail"},
		"no such redis":           {"PATCHBAY_REDIS_URL=redis://:hunter2@127.0.0.1:x", "redis", "fail"},
		"no redis":                {"PATCHBAY_REDIS_URL=redis://127.0.0.1:1", "redis", "fail"},
		"another key":             {"PATCHBAY_MASTER_KEY=" + strings.Repeat("A", 43) + "=", "master key", "fail"},
		"nobody there":            {"PATCHBAY_PUBLIC_URL=http://127.0.0.1:1", "public URL", "warn"},
		"somebody else":           {"PATCHBAY_PUBLIC_URL=" + g.config.DemoURL, "public URL", "fail"},
		"self-signed":             {"PATCHBAY_PUBLIC_URL=" + g.tls, "public URL", "fail"},
		"no place for large":      {"PATCHBAY_BLOBS=file:///proc/patchbay", "payloads", "fail"},
		"a place for large":       {"PATCHBAY_BLOBS=file://" + t.TempDir(), "payloads", "ok"},
		"code as it comes":        {"PATCHBAY_SANDBOX=none", "sandbox", "warn"},
		"a runtime":               {"PATCHBAY_RUNNER_NODE=" + node, "runtime", "ok"},
		"no runtime":              {"PATCHBAY_RUNNER_NODE=/nowhere/node", "runtime", "warn"},
		"no such Deno":            {"PATCHBAY_RUNNER_DENO=/nowhere/deno", "runtime", "warn"},
		"after an upgrade":        {"", "migrations", "fail"},
	}
	for _, name := range []string{"no such setting", "no database", "no such redis", "no redis", "another key", "nobody there", "somebody else", "self-signed", "no place for large", "a place for large", "code as it comes", "a runtime", "no runtime", "no such Deno", "no way past the pooler", "a way past no pooler", "no replica", "a replica that is none", "a way to something else", "after an upgrade"} {
		tt := tests[name]
		if name == "after an upgrade" {
			g.heads(t, "DELETE FROM goose_db_version WHERE version_id = 2 RETURNING 'x'")
		}
		c, ok := g.doctor(t, tt.env)
		if got := c.state(tt.check); got != tt.want || ok != (tt.want != "fail") {
			t.Errorf("%s: %s is %s, want %s: %+v", name, tt.check, got, tt.want, c)
		}
		for _, f := range c.Checks {
			if strings.Contains(f.Says, "hunter2") {
				t.Errorf("%s shows a password: %s", f.Check, f.Says)
			}
		}
	}
}

// The doctor sees what waits in the spool and which app files of workspaces are
// not used; a key that sealed what waits does not go.
func TestDoctorSeesWhatIsKept(t *testing.T) {
	t.Parallel()
	folder := filepath.Join(t.TempDir(), "spool")
	g := newRig(t, func(c *app.Config) { c.SpoolDir = folder })
	put := func(name, key string, at time.Time) {
		t.Helper()
		sealed, err := hex.DecodeString(key)
		path := filepath.Join(folder, name+".sealed")
		if err == nil {
			err = errors.Join(os.WriteFile(path, append(sealed, "sealed"...), 0o600), os.Chtimes(path, at, at))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	const key = "010a0b0c0d" // how a value begins that the key 0a0b0c0d sealed
	g.query(t, "INSERT INTO data_keys (id, wrapped, active, created_at, spread_at, ended_at) VALUES (x'0a0b0c0d'::int, '', false, now() - interval '9 days', now(), now() - interval '2 days')")
	put("crd_1.1", key, time.Now())
	if c, ok := g.doctor(t); !ok || c.state("spool") != "ok" {
		t.Errorf("an answer of this moment: %+v", c)
	}
	put("crd_2.1", key, time.Now().Add(-time.Hour))
	if c, ok := g.doctor(t); !ok || c.state("spool") != "warn" {
		t.Errorf("an answer that waits for an hour: %+v", c)
	}
	g.must(t, "Kept: "+key[2:]+" seals 2 of the answers", "keys", "retire")
	if err := os.RemoveAll(folder); err != nil {
		t.Fatal(err)
	}
	if c, ok := g.doctor(t); !ok || c.state("spool") != "ok" {
		t.Errorf("before the first start: %+v", c)
	}
	g.must(t, "Deleted: "+key[2:], "keys", "retire")
	if err := errors.Join(os.RemoveAll(folder), os.WriteFile(folder, nil, 0o600)); err != nil {
		t.Fatal(err)
	}
	if c, ok := g.doctor(t); ok || c.state("spool") != "fail" {
		t.Errorf("a spool that is no folder: %+v", c)
	}
	g.refuses(t, "no data key was deleted", "keys", "retire")
	if err := os.Remove(folder); err != nil {
		t.Fatal(err)
	}
	g.query(t, "INSERT INTO app_files (workspace_id, slug, version, source, fixtures, author, created_at) VALUES ($1, 'our_crm', 1, 'schema: app/v0', '{}', 'ada@example.com', now())", g.home.id)
	c, ok := g.doctor(t)
	if !ok || c.state("own app files") != "warn" || !strings.Contains(fmt.Sprint(c), "our_crm") || strings.Contains(fmt.Sprint(c), "stranger") {
		t.Errorf("%+v", c)
	}
}

// The doctor asks at the addresses of e-mail who is there.
func TestDoctorMail(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	greets := func(line string) string {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = l.Close() })
		go func() {
			for {
				c, err := l.Accept()
				if err != nil {
					return
				}
				_, _ = c.Write([]byte(line))
				_ = c.Close()
			}
		}()
		return l.Addr().String()
	}
	server, other := greets("220 mx.example.com ready\r\n"), greets("SSH-2.0-x\r\n")
	const nobody = "127.0.0.1:1"
	for _, tt := range []struct {
		in, out     string
		env         []string
		wantIn      string
		wantOut     string
		wantTLS     string
		wantsDomain string
	}{
		{"", "", nil, "", "", "", ""},
		{server, server, nil, "ok", "ok", "warn", "ok"},
		{nobody, nobody, nil, "warn", "fail", "warn", ""},
		{other, other, nil, "fail", "fail", "warn", ""},
		{server, "", []string{"PATCHBAY_SMTP_CERT=/none", "PATCHBAY_SMTP_KEY=/none"}, "ok", "", "fail", "ok"},
	} {
		env := tt.env
		if tt.in != "" {
			env = append(env, "PATCHBAY_SMTP_ADDRESS="+tt.in)
		}
		if tt.out != "" {
			env = append(env, "PATCHBAY_SMTP_URL=smtp://u:hunter2@"+tt.out, "PATCHBAY_SMTP_FROM=a@example.com")
		}
		c, _ := g.doctor(t, env...)
		for check, want := range map[string]string{"e-mail in": tt.wantIn, "e-mail out": tt.wantOut, "e-mail TLS": tt.wantTLS, "e-mail domain": tt.wantsDomain} {
			if got := c.state(check); got != want {
				t.Errorf("in %q, out %q: %s is %q, want %q: %+v", tt.in, tt.out, check, got, want, c)
			}
		}
		for _, f := range c.Checks {
			if strings.Contains(f.Says, "hunter2") {
				t.Errorf("%s shows a password: %s", f.Check, f.Says)
			}
		}
	}
}
