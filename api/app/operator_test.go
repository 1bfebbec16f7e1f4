package app_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/patchbay-dev/patchbay/internal/demo"
	"github.com/patchbay-dev/patchbay/internal/masterkey"
)

// operate runs a command of the program, as an operator does, to its end, with a
// line of input.
func (g *rig) operate(t *testing.T, line string, args []string) (said string, ok bool) {
	t.Helper()
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(path, args...)
	cmd.Stdin = strings.NewReader(line + "\n")
	cmd.Env = []string{
		"PATCHBAY_DATABASE_URL=" + g.config.DatabaseURL, "PATCHBAY_REDIS_URL=" + g.config.RedisURL, "PATCHBAY_MASTER_KEY=" + g.config.MasterKey,
		"PATCHBAY_PUBLIC_URL=" + g.config.PublicURL, "PATCHBAY_DEMO_URL=" + g.config.DemoURL, "PATCHBAY_SPOOL_DIR=" + g.config.SpoolDir,
	}
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err = cmd.Run()
	if masterkey.InClear(g.config.MasterKey) && strings.Contains(out.String(), g.config.MasterKey) {
		t.Errorf("patchbay %v shows the master key", args)
	}
	return out.String(), err == nil
}

// must is operate for a command that has to succeed and to say something.
func (g *rig) must(t *testing.T, says string, args ...string) string {
	t.Helper()
	said, ok := g.operate(t, passphrase, args)
	if !ok || !strings.Contains(said, says) {
		t.Fatalf("patchbay %v wants to say %q:\n%s", args, says, said)
	}
	return said
}

// refuses is operate for a command that has to fail with a sentence.
func (g *rig) refuses(t *testing.T, says string, args ...string) {
	t.Helper()
	said, ok := g.operate(t, passphrase, args)
	if ok || !strings.Contains(said, says) {
		t.Fatalf("patchbay %v has to fail with %q:\n%s", args, says, said)
	}
}

const passphrase = "four words of nothing"

// Every kind of secret that the line makes is sealed anew by an operator's
// rotation, and a server that runs all the while goes on to read each of them.
func TestRotationReachesEverything(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	g.work()
	w, customer := g.home, newSink(t, nil)
	ctok := w.connectToken(t, "ada", `"webhook_uri":"`+customer.URL+`/connected"`)
	b := g.browser(t)
	b.get(t, b.consent(t, b.start(t, ctok), true)).is(t, http.StatusOK)
	customer.next(t, "the connection webhook", func(h heard) bool { return strings.Contains(h.Body, "CONNECTION_SUCCESS") })
	id, endpoint, deployed := w.trigger(t, "ada", customer.URL+"/orders")
	_, made := w.workflow(t, "name: Add\ntriggers: [{type: http, auth: oauth, environment: development}]\nsteps: [{name: add, type: http_request, account: {of: user, app: acme_crm}, method: POST, url: /api/contacts, body: {name: Ada, email: a@b.test}}, {name: say, type: respond, status: 201}]")

	g.must(t, "Every secret is under the new data key", "keys", "rotate")

	for column, table := range map[string]string{"private_key": "signing_keys", "secret": "events", "key": "webhook_keys", "client_secret": "oauth_apps"} {
		if keys := g.heads(t, "SELECT DISTINCT encode(substring("+column+" FROM 1 FOR 5), 'hex') FROM "+table+" WHERE "+column+" IS NOT NULL"); len(keys) != 1 {
			t.Errorf("%s.%s is under the keys %v", table, column, keys)
		}
	}
	g.do(t, http.MethodPost, endpoint, `{"order":7}`).is(t, http.StatusOK)
	event := customer.next(t, "the trigger's event", func(h heard) bool { return h.Header.Get("X-Pd-Emitter-Id") == id })
	event.signed(t, deployed.text(t, "data", "webhook_signing_key"))
	before := len(g.acme.Contacts(demo.Ada))
	g.do(t, http.MethodPost, made.text(t, "endpoint", "url"), `{}`, "Authorization", "Bearer "+w.token, "X-Pd-External-User-Id", "ada").is(t, http.StatusCreated)
	if now := len(g.acme.Contacts(demo.Ada)); now != before+1 {
		t.Errorf("%d contacts, there were %d", now, before)
	}
	b = g.browser(t)
	b.get(t, b.consent(t, b.start(t, w.connectToken(t, "ada", "")), true)).is(t, http.StatusOK)
	if said := g.must(t, "seals 0 of", "keys", "status"); strings.Contains(said, "Rotation") {
		t.Errorf("after the rotation:\n%s", said)
	}
}

func (g *rig) heads(t *testing.T, sql string) (out []string) {
	t.Helper()
	c, err := pgx.Connect(t.Context(), g.config.DatabaseURL)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close(t.Context()) }()
	rows, err := c.Query(t.Context(), sql)
	if err != nil {
		t.Fatal(err)
	}
	out, err = pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// An operator looks at the keys, backs them up, moves them to another master
// key, loses that and brings it back; a wrong key is refused everywhere.
func TestOperatorsKeys(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	g.must(t, "PATCHBAY_MASTER_KEY is this key", "keys", "status")
	g.must(t, "Written: "+at("keys.age"), "keys", "backup", at("keys.age"))
	if info, err := os.Stat(at("keys.age")); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
	g.refuses(t, "exists", "keys", "backup", at("keys.age"))
	g.refuses(t, "on the command line", "keys", "rotate", "--master", g.config.MasterKey[:43]+"=")
	g.refuses(t, "There is no flag --now", "keys", "rotate", "--now")
	g.refuses(t, "wants to know what to do: backup", "keys")
	g.must(t, "start every process again", "keys", "rotate", "--master", "file://"+at("master.key"))

	g.refuses(t, "does not belong to this database", "work")
	said, ok := g.operate(t, "", []string{"keys", "status"})
	if !ok || !strings.Contains(said, "NOT USABLE") || !strings.Contains(said, at("master.key")) {
		t.Errorf("with the old key:\n%s", said)
	}
	g.config.MasterKey = "file://" + at("master.key")
	g.must(t, "PATCHBAY_MASTER_KEY is this key", "keys", "status")
	g.must(t, "Written", "keys", "backup", at("second.age"))
	if err := os.Remove(at("master.key")); err != nil {
		t.Fatal(err)
	}
	g.refuses(t, "keys restore FILE", "serve")
	if _, err := os.Stat(at("master.key")); err == nil {
		t.Fatal("a start made another master key")
	}
	said, ok = g.operate(t, "another passphrase", []string{"keys", "restore", at("second.age")})
	if ok || !strings.Contains(said, "no backup of keys, or the passphrase is another") {
		t.Errorf("with another passphrase:\n%s", said)
	}
	g.must(t, "The keys are back", "keys", "restore", at("second.age"))
	g.must(t, "PATCHBAY_MASTER_KEY is this key", "keys", "status")
}

// What operators type can be asked for by programs.
func TestCommandsForPrograms(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	for line, holds := range map[string]string{
		"members list": `"data": [`, "addresses show": `"addresses": []`, "keys status": `"usable": true`, "audit verify": `"ok": true`, "plans list": `"data": []`, "doctor": `"checks": [`,
	} {
		said, _ := g.operate(t, passphrase, append(strings.Fields(line), "--json"))
		var doc map[string]any
		if err := json.Unmarshal([]byte(said), &doc); err != nil || !strings.Contains(said, holds) {
			t.Errorf("patchbay %s --json: %v, without %s: %s", line, err, holds, said)
		}
	}
}
