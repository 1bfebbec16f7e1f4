package local_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/patchbay-dev/patchbay/internal/local"
)

func postgres(t *testing.T, o local.PostgresOptions) *local.Process {
	t.Helper()
	p, err := local.StartPostgres(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Stop() })
	return p
}

func query(t *testing.T, url, sql string) (answer string) {
	t.Helper()
	c, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close(context.Background()) }()
	if err := c.QueryRow(t.Context(), sql).Scan(&answer); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return answer
}

// What was committed is there after a stop and a start, and no network port is open.
func TestPostgresKeepsItsData(t *testing.T) {
	t.Parallel()
	o := local.PostgresOptions{Dir: filepath.Join(room(t), "pg"), MaxConnections: 20}
	p := postgres(t, o)
	query(t, p.URL(), "WITH x AS (SELECT set_config('a.b', 'c', false)) SELECT current_database()")
	query(t, p.URL(), "SELECT 'made' FROM (SELECT 1) x, LATERAL (SELECT lo_from_bytea(4711, 'kept')) y")
	for setting, want := range map[string]string{
		"listen_addresses": "", "max_connections": "20", "fsync": "on", "server_encoding": "UTF8", "TimeZone": "UTC",
	} {
		if got := query(t, p.URL(), "SELECT current_setting('"+setting+"')"); got != want {
			t.Errorf("%s = %q, want %q", setting, got, want)
		}
	}
	if err := p.Stop(); err != nil {
		t.Fatal(err)
	}
	if err := p.Stop(); err != nil {
		t.Errorf("a second Stop = %v, want nil", err)
	}
	select {
	case err := <-p.Done():
		t.Errorf("Done said %v after Stop, want silence", err)
	default:
	}
	again := postgres(t, o)
	if got := query(t, again.URL(), "SELECT convert_from(lo_get(4711), 'UTF8')"); got != "kept" {
		t.Errorf("after a restart: %q, want kept", got)
	}
}

// Only one program at a time uses a directory, and the second is told.
func TestPostgresInUse(t *testing.T) {
	t.Parallel()
	o := local.PostgresOptions{Dir: filepath.Join(room(t), "pg")}
	first := postgres(t, o)
	if _, err := local.StartPostgres(t.Context(), o); !errors.Is(err, local.ErrInUse) {
		t.Errorf("second start = %v, want ErrInUse", err)
	}
	query(t, first.URL(), "SELECT 'alive'")
}

// A server that outlived a crashed program is stopped and its data are served again.
func TestPostgresLeftRunning(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(room(t), "pg")
	old := crash(t, dir)
	query(t, old, "SELECT 'made' FROM (SELECT lo_from_bytea(4711, 'kept')) y")
	var log bytes.Buffer
	p := postgres(t, local.PostgresOptions{Dir: dir, Log: &log})
	if !strings.Contains(log.String(), "left over") {
		t.Errorf("log = %q, want a word about the leftover", log.String())
	}
	if got := query(t, p.URL(), "SELECT convert_from(lo_get(4711), 'UTF8')"); got != "kept" {
		t.Errorf("%q, want kept", got)
	}
}

// A server that was killed says so through Done and comes back with its data,
// whoever has its process id by then.
func TestPostgresKilled(t *testing.T) {
	t.Parallel()
	o := local.PostgresOptions{Dir: filepath.Join(room(t), "pg")}
	p := postgres(t, o)
	query(t, p.URL(), "SELECT 'made' FROM (SELECT lo_from_bytea(4711, 'kept')) y")
	pidFile := filepath.Join(p.Dir(), "data", "postmaster.pid")
	pid, _, _ := strings.Cut(string(read(t, pidFile)), "\n")
	kill(t, pid)
	select {
	case err := <-p.Done():
		if e := (*local.Error)(nil); !errors.As(err, &e) || !strings.Contains(err.Error(), "postgresql.log") {
			t.Errorf("Done = %v, want an error that names the log", err)
		}
	case <-time.After(time.Minute):
		t.Fatal("Done says nothing about a killed server")
	}
	_ = p.Stop()
	stranger := exec.Command("sleep", "60")
	if err := stranger.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = stranger.Process.Kill(); _ = stranger.Wait() }()
	b := strings.Replace(string(read(t, pidFile)), pid, strconv.Itoa(stranger.Process.Pid), 1)
	if err := os.WriteFile(pidFile, []byte(b), 0o600); err != nil {
		t.Fatal(err)
	}
	again := postgres(t, o)
	if got := query(t, again.URL(), "SELECT convert_from(lo_get(4711), 'UTF8')"); got != "kept" {
		t.Errorf("%q, want kept", got)
	}
	if err := stranger.Process.Signal(syscall.Signal(0)); err != nil {
		t.Errorf("the stranger with the old process id was killed: %v", err)
	}
}

// Data that an ordinary user made are served to root as well, as that user.
func TestPostgresOfAnotherUser(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Skip("only root can play two users")
	}
	nobody, err := user.Lookup("nobody")
	if err != nil {
		t.Skip("this machine has no second user")
	}
	somebody, err := strconv.Atoi(nobody.Uid)
	if err != nil {
		t.Fatal(err)
	}
	o := local.PostgresOptions{Dir: filepath.Join(room(t), "pg")}
	if err := os.Mkdir(o.Dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Chown(o.Dir, somebody, somebody); err != nil {
		t.Fatal(err)
	}
	p := postgres(t, o)
	st, err := os.Stat(filepath.Join(o.Dir, "data"))
	if err != nil || p.Dir() != o.Dir {
		t.Fatalf("the data are in %s, want %s (%v)", p.Dir(), o.Dir, err)
	}
	if uid := st.Sys().(*syscall.Stat_t).Uid; int(uid) != somebody {
		t.Errorf("the data belong to %d, want %d", uid, somebody)
	}
}

// A directory that is closed to the server's user, or too long for a socket, is
// replaced by one in /var/tmp that stays the same from run to run.
func TestPostgresElsewhere(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(room(t), strings.Repeat("long", 25), "pg")
	o := local.PostgresOptions{Dir: dir}
	p := postgres(t, o)
	t.Cleanup(func() { _ = p.Stop(); _ = os.RemoveAll(p.Dir()) })
	if !strings.HasPrefix(p.Dir(), "/var/tmp/patchbay-") {
		t.Fatalf("Dir = %s, want it in /var/tmp", p.Dir())
	}
	if note := string(read(t, dir+".location")); strings.TrimSpace(note) != p.Dir() {
		t.Errorf("the note says %q, want %q", note, p.Dir())
	}
	query(t, p.URL(), "SELECT 'made' FROM (SELECT lo_from_bytea(4711, 'kept')) y")
	_ = p.Stop()
	again := postgres(t, o)
	if again.Dir() != p.Dir() || query(t, again.URL(), "SELECT convert_from(lo_get(4711), 'UTF8')") != "kept" {
		t.Errorf("the second start lost the data of the first")
	}
}

// A throw-away server leaves nothing behind.
func TestPostgresEphemeral(t *testing.T) {
	t.Parallel()
	p := postgres(t, local.PostgresOptions{Ephemeral: true, MaxConnections: 50})
	if got := query(t, p.URL(), "SELECT current_setting('fsync')"); got != "off" {
		t.Errorf("fsync = %s, want off", got)
	}
	_ = p.Stop()
	if _, err := os.Stat(p.Dir()); !os.IsNotExist(err) {
		t.Errorf("%s is still there", p.Dir())
	}
}

// What a killed program left in the temporary directory is stopped and removed
// by the next one, and what a living one uses stays.
func TestPostgresEphemeralLeftOver(t *testing.T) {
	t.Setenv("TMPDIR", room(t))
	living := postgres(t, local.PostgresOptions{Ephemeral: true})
	dead, err := pgx.ParseConfig(crash(t, "temporary"))
	if err != nil {
		t.Fatal(err)
	}
	postgres(t, local.PostgresOptions{Ephemeral: true})
	if _, err := os.Stat(dead.Host); !os.IsNotExist(err) {
		t.Errorf("%s is still there", dead.Host)
	}
	if got := query(t, living.URL(), "SELECT 'alive'"); got != "alive" {
		t.Errorf("the living server says %q", got)
	}
}

// A server that cannot start says why: the end of its log and where it is.
func TestPostgresThatCannotStart(t *testing.T) {
	t.Parallel()
	o := local.PostgresOptions{Dir: filepath.Join(room(t), "pg")}
	p := postgres(t, o)
	_ = p.Stop()
	if err := os.WriteFile(filepath.Join(p.Dir(), "data", "postgresql.auto.conf"), []byte("nonsense = 1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := local.StartPostgres(t.Context(), o)
	if !errors.Is(err, local.ErrNotStarted) || !strings.Contains(err.Error(), "nonsense") ||
		!strings.Contains(err.Error(), filepath.Join(p.Dir(), "postgresql.log")) {
		t.Errorf("start = %v, want ErrNotStarted with the log", err)
	}
}
