package backup

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/patchbay-dev/patchbay/internal/local"
)

// libpq are the parameters of an address that PostgreSQL's own programs know; those of
// our driver they refuse.
var libpq = []string{
	"host", "hostaddr", "port", "dbname", "user", "passfile", "channel_binding", "connect_timeout", "options", "application_name", "keepalives", "keepalives_idle",
	"keepalives_interval", "keepalives_count", "tcp_user_timeout", "sslmode", "sslcert", "sslkey", "sslrootcert", "sslcrl", "sslcrldir", "sslsni", "requirepeer",
	"ssl_min_protocol_version", "ssl_max_protocol_version", "krbsrvname", "gsslib", "gssencmode", "service", "target_session_attrs",
}

// address is a database's for PostgreSQL's own programs: without its password, which
// everybody on the machine would see, and with what they know of its parameters.
func address(from string) (to, password string, err error) {
	u, err := url.Parse(from)
	if err != nil || u.Scheme != "postgres" && u.Scheme != "postgresql" {
		return "", "", errors.New("PATCHBAY_DATABASE_URL has to be an address such as postgres://user:password@host/database")
	}
	q := u.Query()
	password, set := u.User.Password()
	if set {
		u.User = url.User(u.User.Username())
	} else {
		password = q.Get("password")
	}
	for name := range q {
		if !slices.Contains(libpq, name) {
			q.Del(name)
		}
	}
	u.RawQuery = strings.ReplaceAll(q.Encode(), "+", "%20") // libpq reads a plus as a plus
	return u.String(), password, nil
}

// tool runs a program of PostgreSQL, of the server's major version, on the database.
func (s *Service) tool(ctx context.Context, major int, name string, in io.Reader, out io.Writer, args ...string) error {
	to, password, err := address(s.URL)
	if err != nil {
		return err
	}
	dir, err := local.PostgresClient(ctx, major)
	if err != nil {
		return err //nolint:wrapcheck // a sentence
	}
	cmd := exec.CommandContext(ctx, filepath.Join(dir, name), append(args, "--no-password", "--dbname="+to)...) //nolint:gosec // PostgreSQL's own
	for _, e := range os.Environ() {
		if !strings.HasPrefix(e, "PATCHBAY_") && !strings.HasPrefix(e, "LC_") {
			cmd.Env = append(cmd.Env, e)
		}
	}
	cmd.Env = append(cmd.Env, "LC_ALL=C")
	if password != "" {
		cmd.Env = append(cmd.Env, "PGPASSWORD="+password)
	}
	said := &tail{most: 4 << 10}
	cmd.Stdin, cmd.Stdout, cmd.Stderr = in, out, said
	cmd.WaitDelay = 10 * time.Second
	if err := cmd.Run(); err != nil {
		if ctx.Err() != nil {
			return ctx.Err() //nolint:wrapcheck // who ended it knows
		}
		return fmt.Errorf("%s failed (%w): %s", name, err, strings.TrimSpace(said.String()))
	}
	return nil
}

// tail keeps the last that was written.
type tail struct {
	bytes.Buffer

	most int
}

func (t *tail) Write(p []byte) (int, error) {
	n, err := t.Buffer.Write(p)
	if over := t.Len() - t.most; over > 0 {
		t.Next(over)
	}
	return n, err //nolint:wrapcheck // never fails
}
