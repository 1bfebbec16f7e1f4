package app_test

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/patchbay-dev/patchbay/api/app"
	"github.com/patchbay-dev/patchbay/api/command"
	"github.com/patchbay-dev/patchbay/internal/demo"
	"github.com/patchbay-dev/patchbay/internal/local"
	"github.com/patchbay-dev/patchbay/internal/testkit"
)

// newMachine is a PostgreSQL in which there is nothing, not even our role, and whose
// databases belong to somebody who is no superuser.
func newMachine(t *testing.T) (databaseURL string) {
	t.Helper()
	p, err := local.StartPostgres(t.Context(), local.PostgresOptions{Ephemeral: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Stop(); err != nil {
			t.Error(err)
		}
	})
	c, err := pgx.Connect(t.Context(), p.URL())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close(t.Context()) }()
	for _, q := range []string{"CREATE ROLE keeper LOGIN CREATEROLE PASSWORD 'hunter2'", "CREATE DATABASE kept OWNER keeper"} {
		if _, err := c.Exec(t.Context(), q); err != nil {
			t.Fatal(err)
		}
	}
	u, err := url.Parse(p.URL())
	if err != nil {
		t.Fatal(err)
	}
	u.User, u.Path = url.UserPassword("keeper", "hunter2"), "/kept"
	return u.String()
}

// operates carries out a command with a line of input.
func operates(t *testing.T, c app.Config, line string, args ...string) (out string, err error) {
	t.Helper()
	var said, notices bytes.Buffer
	p := command.Program{In: strings.NewReader(line + "\n"), Out: &said, Err: &notices, Now: time.Now, Load: func() (app.Config, error) { return c, nil }}
	err = p.Execute(t.Context(), args)
	if strings.Contains(notices.String(), passphrase) || strings.Contains(said.String(), passphrase) {
		t.Error("a passphrase is shown")
	}
	return said.String(), err
}

// An installation with a webhook that waits, a payload too large for its row and an
// account is backed up, its machine is lost with the master key, and another is made
// of the file: the webhook arrives there, signed with the key that its receiver
// knows, the account's credential works, and who had a token of ours still has one.
func TestBackupBecomesAnInstallation(t *testing.T) {
	t.Parallel()
	old := t.TempDir()
	g := newRig(t, func(c *app.Config) {
		c.MasterKey, c.Blobs, c.PayloadMost, c.SpoolDir = "file://"+filepath.Join(old, "master.key"), "file://"+filepath.Join(old, "blobs"), 100_000, filepath.Join(old, "spool")
	})
	w, receiver := g.home, testkit.NewReceiver(t)
	account := w.account(t, "ada")
	_, endpoint, deployed := w.trigger(t, "ada", receiver.URL)
	text := strings.Repeat("patchbay ", 40_000)
	g.do(t, http.MethodPost, endpoint, `{"text":"`+text+`"}`).is(t, http.StatusOK)
	file := filepath.Join(t.TempDir(), "backup.zip")
	if _, err := operates(t, g.config, "", "backup", file); err == nil || !strings.Contains(err.Error(), "--without-key") {
		t.Errorf("without a passphrase: %v", err)
	}
	said, err := operates(t, g.config, passphrase, "backup", file, "--json")
	var told struct {
		Spooled int
		Rows    map[string]int
		Blobs   struct{ Count int }
	}
	if err != nil || json.Unmarshal([]byte(said), &told) != nil || told.Blobs.Count != 1 || told.Rows["accounts"] != 1 || told.Rows["deliveries"] != 1 {
		t.Fatal(said, err)
	}
	if c, ok := g.doctor(t); !ok || c.state("backup") != "ok" {
		t.Errorf("%+v", c)
	}
	if err := os.RemoveAll(old); err != nil {
		t.Fatal(err)
	}

	there := t.TempDir()
	c := g.config
	c.DatabaseURL, c.RedisURL = newMachine(t), testkit.RedisURL(t)
	c.MasterKey, c.Blobs, c.SpoolDir = "file://"+filepath.Join(there, "master.key"), "file://"+filepath.Join(there, "blobs"), filepath.Join(there, "spool")
	if _, err := operates(t, c, "some other words", "restore", file); err == nil || !strings.Contains(err.Error(), "passphrase") {
		t.Error(err)
	}
	if said, err := operates(t, c, "", "restore", file, "--check"); err != nil || !strings.Contains(said, "Whole: ") {
		t.Error(said, err)
	}
	if said, err := operates(t, c, passphrase, "restore", file); err != nil || !strings.Contains(said, "1 accounts") {
		t.Fatal(said, err)
	}
	a, err := app.New(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewServer(a.Handler())
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- a.Work(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
		s.Close()
		a.Close()
	})
	soon(t, "the webhook that waited", func() bool { return len(receiver.Calls()) > 0 })
	call := receiver.Calls()[0]
	if !call.Signed(deployed.text(t, "data", "webhook_signing_key")) || !strings.Contains(call.Body, text) {
		t.Errorf("%d bytes came, %v", len(call.Body), call.Header)
	}
	me := g.do(t, http.MethodGet, s.URL+strings.ReplaceAll(through("/api/me", account, "ada"), "{p}", w.project), "", "Authorization", "Bearer "+w.token, "X-Pd-Environment", w.environment)
	if me.is(t, http.StatusOK); !strings.Contains(me.Body, demo.Ada) {
		t.Error(me.Body)
	}
}
