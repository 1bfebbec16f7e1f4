package local

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
)

// RedisOptions say which Redis to start.
type RedisOptions struct {
	Dir       string    // where it lives; data are kept between runs. Empty: a temporary place, removed by Stop
	Ephemeral bool      // keep nothing: for tests
	Log       io.Writer // told what a person may want to know, in lines; nil for nobody
}

// StartRedis starts a Redis (or Valkey) of our own and returns when it answers.
// It never evicts: a full memory is an error and not a lost task. A server left
// over from a crash is stopped first. ctx bounds the start and not the life of
// the server.
func StartRedis(ctx context.Context, o RedisOptions) (*Process, error) {
	program, err := findRedis()
	if err != nil {
		return nil, err
	}
	h, err := openHome(o.Dir, o.Log)
	if err != nil {
		return nil, err
	}
	p, err := startRedis(ctx, program, o, h)
	if err != nil {
		h.release()
		return nil, err
	}
	return p, nil
}

// Homebrew's directory is not on the PATH of every shell.
var redisPlaces = []string{
	"redis-server", "valkey-server",
	"/opt/homebrew/bin/redis-server", "/usr/local/bin/redis-server", "/usr/bin/redis-server",
}

func findRedis() (string, error) {
	for _, place := range redisPlaces {
		if path, err := exec.LookPath(place); err == nil {
			return path, nil
		}
	}
	return "", &Error{
		What: "Redis is not installed",
		Fix:  "sudo apt-get install -y redis-server (or brew install redis)",
		Err:  ErrNotInstalled,
	}
}

func startRedis(ctx context.Context, program string, o RedisOptions, h *home) (*Process, error) {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	if pid := stopLeftover(h.data(), "redis.pid", syscall.SIGTERM); pid != 0 {
		say(o.Log, "Stopped a Redis left over from an earlier run (process %d)", pid)
	}
	if err := h.makeData(); err != nil {
		return nil, err
	}
	socket := filepath.Join(h.dir, "redis.sock")
	cmd := exec.Command(program, "-") //nolint:noctx // it outlives ctx, Stop ends it
	cmd.Stdin = strings.NewReader(redisConfig(o, h, socket))
	p, err := launch(h, "Redis", cmd, syscall.SIGTERM)
	if err != nil {
		return nil, err
	}
	p.url = (&url.URL{Scheme: "redis-socket", Path: socket}).String()
	if err := p.ready(ctx, func(ctx context.Context) error { return pingRedis(ctx, socket) }); err != nil {
		close(p.asked) // no news through Done: the caller never gets p
		return nil, errors.Join(err, p.end())
	}
	return p, nil
}

// redisConfig goes in through standard input, where paths with spaces are safe.
func redisConfig(o RedisOptions, h *home, socket string) string {
	quote := func(s string) string {
		return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
	}
	lines := []string{
		"port 0",
		"unixsocket " + quote(socket),
		"unixsocketperm 700",
		"dir " + quote(h.data()),
		"pidfile " + quote(filepath.Join(h.data(), "redis.pid")),
		"daemonize no",
		"databases 16",
		"maxmemory-policy noeviction",
		`save ""`,
	}
	if o.Ephemeral {
		lines = append(lines, "appendonly no")
	} else {
		lines = append(lines, "appendonly yes", "appendfsync everysec")
	}
	return strings.Join(lines, "\n") + "\n"
}

// makeData creates the data directory, which Redis, unlike PostgreSQL, expects.
func (h *home) makeData() error {
	if err := os.MkdirAll(h.data(), 0o700); err != nil || !h.owner.drop {
		return err
	}
	return os.Lchown(h.data(), int(h.owner.uid), int(h.owner.gid))
}

// pingRedis succeeds once the server has loaded its data and takes commands.
func pingRedis(ctx context.Context, socket string) error {
	var d net.Dialer
	c, err := d.DialContext(ctx, "unix", socket)
	if err != nil {
		return err
	}
	defer c.Close() //nolint:errcheck // nothing is pending
	if deadline, ok := ctx.Deadline(); ok {
		_ = c.SetDeadline(deadline)
	}
	if _, err := io.WriteString(c, "PING\r\n"); err != nil {
		return err
	}
	answer, err := bufio.NewReader(c).ReadString('\n')
	if err == nil && answer != "+PONG\r\n" {
		err = fmt.Errorf("answered %q", strings.TrimSpace(answer))
	}
	return err
}
