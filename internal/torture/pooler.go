package torture

import (
	"context"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"

	"github.com/jackc/pgx/v5"
)

// pooled works through PgBouncer in transaction mode, if there is one here.
func pooled(ctx context.Context, l *lab) (string, error) {
	program, err := exec.LookPath("pgbouncer")
	if err != nil {
		if _, serr := os.Stat("/usr/sbin/pgbouncer"); serr != nil {
			return "", errSkip("pgbouncer is not installed")
		}
		program = "/usr/sbin/pgbouncer" // not in everybody's PATH
	}
	through, stop, err := l.pooler(ctx, program)
	if err != nil {
		return "", err
	}
	defer stop()
	procs, err := l.workers(ctx, 2, func(s *setup) { s.DatabaseURL = through })
	if err != nil {
		return "", err
	}
	return "five rounds of 40 callers in 2 processes through " + filepath.Base(program), l.rounds(ctx, procs, 5, 20)
}

// pooler starts PgBouncer before the lab's database.
func (l *lab) pooler(ctx context.Context, program string) (through string, stop func(), err error) {
	c, err := pgx.ParseConfig(l.databaseURL)
	if err != nil {
		return "", nil, fmt.Errorf("database url: %w", err)
	}
	port, err := freePort(ctx)
	if err != nil {
		return "", nil, err
	}
	dir, err := os.MkdirTemp("", "patchbay-pooler-")
	if err != nil {
		return "", nil, err //nolint:wrapcheck // says enough
	}
	password := ""
	if c.Password != "" {
		password = " password=" + c.Password
	}
	config := fmt.Sprintf("[databases]\n%s = host=%s port=%d dbname=%s user=%s%s\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = %d\nunix_socket_dir =\nauth_type = any\npool_mode = transaction\ndefault_pool_size = 10\nmax_client_conn = 200\nignore_startup_parameters = extra_float_digits\n",
		c.Database, c.Host, c.Port, c.Database, c.User, password, port)
	file := filepath.Join(dir, "pgbouncer.ini")
	if err := os.WriteFile(file, []byte(config), 0o600); err != nil {
		return "", nil, err //nolint:wrapcheck // says enough
	}
	cmd := exec.CommandContext(ctx, program, file)
	if err := lower(cmd, dir, file); err != nil {
		return "", nil, err
	}
	if err := cmd.Start(); err != nil {
		return "", nil, fmt.Errorf("start pgbouncer: %w", err)
	}
	stop = func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		_ = os.RemoveAll(dir)
	}
	u := url.URL{
		Scheme: "postgres", Host: net.JoinHostPort("127.0.0.1", strconv.Itoa(port)), Path: "/" + c.Database, User: url.User(c.User),
		RawQuery: "sslmode=disable&default_query_exec_mode=exec", // a statement that is prepared on one connection is not there on the next
	}
	err = eventually(ctx, "pgbouncer answers", func() error {
		conn, err := pgx.Connect(ctx, u.String())
		if err != nil {
			return err //nolint:wrapcheck // says enough
		}
		return conn.Close(ctx) //nolint:wrapcheck // says enough
	})
	if err != nil {
		stop()
		return "", nil, err
	}
	return u.String(), stop, nil
}

// lower has a command run as an ordinary user: PgBouncer refuses root.
func lower(cmd *exec.Cmd, paths ...string) error {
	if os.Geteuid() != 0 {
		return nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, uerr := strconv.ParseUint(u.Uid, 10, 32)
		gid, gerr := strconv.ParseUint(u.Gid, 10, 32)
		if uerr != nil || gerr != nil {
			continue
		}
		for _, path := range paths {
			if err := os.Chown(path, int(uid), int(gid)); err != nil {
				return err //nolint:wrapcheck // says enough
			}
		}
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}
		return nil
	}
	return errSkip("pgbouncer does not run as root, and there is no other user here")
}

func freePort(ctx context.Context) (int, error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return 0, fmt.Errorf("find a port: %w", err)
	}
	defer func() { _ = l.Close() }()
	at, _ := l.Addr().(*net.TCPAddr)
	return at.Port, nil
}
