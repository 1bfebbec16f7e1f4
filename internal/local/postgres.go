package local

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

// PostgresOptions say which PostgreSQL to start.
type PostgresOptions struct {
	Dir            string    // where it lives; data are kept between runs. Empty: a temporary place, removed by Stop
	Ephemeral      bool      // trade durability for speed: for tests
	MaxConnections int       // 0 means 100
	Log            io.Writer // told what a person may want to know, in lines; nil for nobody
	Settings       []string  // of the server, as name=value; they go before ours
	Of             *Process  // a running PostgreSQL that this one copies and then follows, as its standby; nil: it stands alone
}

const (
	startTimeout = time.Minute // recovery after a crash takes its time
	database     = "patchbay"
)

// StartPostgres starts a PostgreSQL of our own and returns when it answers and
// holds the database "patchbay". The first start creates the cluster, in about a
// second; a server left over from a crash is stopped first. ctx bounds the start
// and not the life of the server.
func StartPostgres(ctx context.Context, o PostgresOptions) (*Process, error) {
	h, err := openHome(o.Dir, o.Log)
	if err != nil {
		return nil, err
	}
	p, err := startPostgres(ctx, o, h)
	if err != nil {
		h.release()
		return nil, err
	}
	return p, nil
}

func startPostgres(ctx context.Context, o PostgresOptions, h *home) (*Process, error) {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	install, err := findPostgres(ctx, h.data(), h.owner)
	if err != nil {
		return nil, err
	}
	if pid := stopLeftover(h.data(), "postmaster.pid", syscall.SIGINT, syscall.SIGQUIT); pid != 0 {
		say(o.Log, "Stopped a PostgreSQL left over from an earlier run (process %d)", pid)
	}
	if o.Of != nil {
		if err := copyCluster(ctx, install, h, o.Of.home); err != nil {
			return nil, err
		}
	}
	if err := initCluster(ctx, install, h); err != nil {
		return nil, err
	}
	for {
		p, err := runPostgres(ctx, install, o, h)
		if err == nil {
			return p, nil
		}
		if !stillInUse(h) || ctx.Err() != nil {
			return nil, err
		}
		time.Sleep(200 * time.Millisecond)
	}
}

// stillInUse: the sessions of a killed server outlive it for a moment, and until
// they are gone a new one refuses to start.
func stillInUse(h *home) bool {
	lines := strings.Split(h.logTail("PostgreSQL"), "\n")
	last := strings.Join(lines[max(0, len(lines)-3):], "\n")
	return strings.Contains(last, "pre-existing shared memory block")
}

// initCluster creates the cluster beside its place and moves it there when it is
// whole, so that a run that is cut short leaves nothing half made.
func initCluster(ctx context.Context, install pgInstall, h *home) error {
	if _, err := os.Stat(filepath.Join(h.data(), "PG_VERSION")); err == nil {
		return nil
	}
	draft := h.data() + ".new"
	if err := os.RemoveAll(draft); err != nil {
		return err
	}
	return fill(ctx, h, draft, exec.CommandContext(ctx, filepath.Join(install.bin, "initdb"), "-D", draft, //nolint:gosec // see pgMajor
		"--auth-local=trust", "--auth-host=reject", "-U", "patchbay", "-E", "UTF8", "--no-locale", "-N"))
}

// copyCluster takes over what a running server has, and the word that this one follows it.
func copyCluster(ctx context.Context, install pgInstall, h, from *home) error {
	if _, err := os.Stat(filepath.Join(h.data(), "PG_VERSION")); err == nil {
		return nil
	}
	draft := h.data() + ".new"
	if err := os.RemoveAll(draft); err != nil {
		return err
	}
	return fill(ctx, h, draft, exec.CommandContext(ctx, filepath.Join(install.bin, "pg_basebackup"), "-D", draft, //nolint:gosec // see pgMajor
		"--host="+from.dir, "--port=5432", "--username=patchbay", "--write-recovery-conf", "--wal-method=stream", "--checkpoint=fast"))
}

// fill has a program make a cluster, and moves it to its place.
func fill(ctx context.Context, h *home, draft string, cmd *exec.Cmd) error {
	cmd.Dir, cmd.Env = h.dir, cleanEnviron()
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Credential: h.owner.credential()}
	if out, err := cmd.CombinedOutput(); ctx.Err() != nil {
		return fmt.Errorf("create a cluster in %s: %w", h.dir, ctx.Err())
	} else if err != nil {
		return &Error{
			What:   fmt.Sprintf("PostgreSQL could not create a cluster in %s (%v)", h.dir, err),
			Fix:    "see what " + filepath.Base(cmd.Path) + " says",
			Detail: strings.TrimSpace(string(out)),
			Err:    ErrNotStarted,
		}
	}
	return os.Rename(draft, h.data())
}

func runPostgres(ctx context.Context, install pgInstall, o PostgresOptions, h *home) (*Process, error) {
	args := []string{"-D", h.data()}
	for _, s := range postgresSettings(o, h) {
		args = append(args, "-c", s)
	}
	cmd := exec.Command(filepath.Join(install.bin, "postgres"), args...) //nolint:gosec,noctx // see pgMajor; it outlives ctx, Stop ends it
	p, err := launch(h, "PostgreSQL", cmd, syscall.SIGINT, syscall.SIGQUIT)
	if err != nil {
		return nil, err
	}
	p.url = socketURL(h, database)
	if err := p.ready(ctx, func(ctx context.Context) error { return ensureDatabase(ctx, h) }); err != nil {
		close(p.asked) // no news through Done: the caller never gets p
		return nil, errors.Join(err, p.end())
	}
	return p, nil
}

func postgresSettings(o PostgresOptions, h *home) []string {
	settings := []string{
		"listen_addresses=",
		"port=5432", // part of the socket's name and nothing else
		`unix_socket_directories="` + strings.ReplaceAll(h.dir, `"`, `""`) + `"`,
		"unix_socket_permissions=0700",
		"logging_collector=off",
		"log_destination=stderr",
		"timezone=UTC",
		"log_timezone=UTC",
	}
	if o.MaxConnections > 0 {
		settings = append(settings, "max_connections="+strconv.Itoa(o.MaxConnections))
	}
	if o.Ephemeral {
		settings = append(settings, "fsync=off", "synchronous_commit=off", "full_page_writes=off",
			"wal_level=minimal", "max_wal_senders=0", "autovacuum=off", "checkpoint_timeout=1h")
	}
	return append(settings, o.Settings...)
}

// ensureDatabase succeeds once the server answers and holds our database.
func ensureDatabase(ctx context.Context, h *home) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	c, err := pgx.Connect(ctx, socketURL(h, "postgres"))
	if err != nil {
		return err
	}
	defer c.Close(ctx) //nolint:errcheck // nothing is pending
	var exists bool
	err = c.QueryRow(ctx, "SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)", database).Scan(&exists)
	if err != nil || exists {
		return err
	}
	_, err = c.Exec(ctx, "CREATE DATABASE "+database)
	return err
}

// socketURL names a database behind the home's socket, in the form that pgx and
// libpq share: an empty host and the directory as a parameter.
func socketURL(h *home, name string) string {
	host := strings.ReplaceAll(url.QueryEscape(h.dir), "+", "%20") // libpq reads a plus as a plus
	return "postgres://patchbay@/" + name + "?host=" + host + "&port=5432"
}

// Promote makes a standby a server that stands alone, and returns when it takes writes.
func (p *Process) Promote(ctx context.Context) error {
	c, err := pgx.Connect(ctx, p.url)
	if err != nil {
		return err
	}
	defer c.Close(ctx) //nolint:errcheck // nothing is pending
	var done bool
	if err := c.QueryRow(ctx, "SELECT pg_promote(true, 60)").Scan(&done); err != nil {
		return err
	}
	if !done {
		return fmt.Errorf("%s (process %d) does not become a primary", p.name, p.cmd.Process.Pid)
	}
	return nil
}
