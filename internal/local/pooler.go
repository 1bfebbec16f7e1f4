package local

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os/exec"
	"strconv"
	"strings"
	"syscall"

	"github.com/jackc/pgx/v5"
)

// PoolerOptions say which PgBouncer to start.
type PoolerOptions struct {
	Dir  string // where it lives; empty: a temporary place, removed by Stop
	URL  string // of the database
	Port int    // of 127.0.0.1; 0: any that is free
	Size int    // connections to the database; 0 means 10
}

// StartPooler starts a PgBouncer in transaction mode before a database, and returns
// when it answers.
func StartPooler(ctx context.Context, o PoolerOptions) (*Process, error) {
	program, err := findPooler()
	if err != nil {
		return nil, err
	}
	h, err := openHome(o.Dir, nil)
	if err != nil {
		return nil, err
	}
	p, err := startPooler(ctx, program, o, h)
	if err != nil {
		h.release()
		return nil, err
	}
	return p, nil
}

func findPooler() (string, error) {
	for _, place := range []string{"pgbouncer", "/usr/sbin/pgbouncer", "/opt/homebrew/bin/pgbouncer"} { // not in everybody's PATH
		if path, err := exec.LookPath(place); err == nil {
			return path, nil
		}
	}
	return "", &Error{What: "PgBouncer is not installed", Fix: "sudo apt-get install -y pgbouncer (or brew install pgbouncer)", Err: ErrNotInstalled}
}

func startPooler(ctx context.Context, program string, o PoolerOptions, h *home) (*Process, error) {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	c, err := pgx.ParseConfig(o.URL)
	if err != nil {
		return nil, err
	}
	if o.Port == 0 {
		o.Port = FreePort(ctx)
	}
	stopLeftover(h.dir, "pgbouncer.pid", syscall.SIGTERM)
	if err := h.makeData(); err != nil {
		return nil, err
	}
	file, err := h.write("pgbouncer.ini", poolerConfig(o, c, h))
	if err != nil {
		return nil, err
	}
	p, err := launch(h, "PgBouncer", exec.Command(program, file), syscall.SIGTERM) //nolint:gosec,noctx // a file of ours; it outlives ctx, Stop ends it
	if err != nil {
		return nil, err
	}
	p.url = (&url.URL{
		Scheme: "postgres", Host: net.JoinHostPort("127.0.0.1", strconv.Itoa(o.Port)), Path: "/" + c.Database, User: url.User(c.User),
		RawQuery: "sslmode=disable&default_query_exec_mode=cache_describe", // a statement that is prepared on one connection is not there on the next
	}).String()
	err = p.ready(ctx, func(ctx context.Context) error {
		c, err := pgx.Connect(ctx, p.url)
		if err != nil {
			return err
		}
		return c.Close(ctx)
	})
	if err != nil {
		close(p.asked) // no news through Done: the caller never gets p
		return nil, errors.Join(err, p.end())
	}
	return p, nil
}

// poolerConfig gives up on a server that is gone soon, so that its clients look for another.
func poolerConfig(o PoolerOptions, c *pgx.ConnConfig, h *home) string {
	password := ""
	if c.Password != "" {
		password = " password='" + strings.ReplaceAll(c.Password, "'", "''") + "'"
	}
	size := o.Size
	if size == 0 {
		size = 10
	}
	return strings.Join([]string{
		"[databases]",
		fmt.Sprintf("%s = host=%s port=%d dbname=%s user=%s%s", c.Database, c.Host, c.Port, c.Database, c.User, password),
		"[pgbouncer]",
		"listen_addr = 127.0.0.1",
		fmt.Sprintf("listen_port = %d", o.Port),
		"unix_socket_dir =",
		"pidfile = " + h.dir + "/pgbouncer.pid",
		"auth_type = any",
		"pool_mode = transaction",
		fmt.Sprintf("default_pool_size = %d", size),
		"max_client_conn = 1000",
		"server_login_retry = 1",
		"server_connect_timeout = 5",
		"query_wait_timeout = 10",
		"ignore_startup_parameters = extra_float_digits",
	}, "\n") + "\n"
}
