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
	"strconv"
	"strings"
	"syscall"
)

// RedisOptions say which Redis to start.
type RedisOptions struct {
	Dir       string    // where it lives; data are kept between runs. Empty: a temporary place, removed by Stop
	Ephemeral bool      // keep nothing: for tests
	Log       io.Writer // told what a person may want to know, in lines; nil for nobody

	port     int      // of this machine alone; 0: a socket and no port
	more     []string // lines of configuration
	sentinel bool     // it watches others, and says where they are
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
	if o.sentinel { // which writes into its configuration
		file, err := h.write("sentinel.conf", redisConfig(o, h, socket))
		if err != nil {
			return nil, err
		}
		cmd = exec.Command(program, file, "--sentinel") //nolint:gosec,noctx // a file of ours; it outlives ctx, Stop ends it
	}
	p, err := launch(h, "Redis", cmd, syscall.SIGTERM)
	if err != nil {
		return nil, err
	}
	p.url, p.socket = (&url.URL{Scheme: "redis-socket", Path: socket}).String(), socket
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
		"port " + strconv.Itoa(o.port),
		"unixsocket " + quote(socket),
		"unixsocketperm 700",
		"dir " + quote(h.data()),
		"pidfile " + quote(filepath.Join(h.data(), "redis.pid")),
		"daemonize no",
	}
	if o.port > 0 {
		lines = append(lines, "bind 127.0.0.1")
	}
	lines = append(lines, o.more...)
	if o.sentinel {
		return strings.Join(lines, "\n") + "\n"
	}
	lines = append(lines, "databases 16", "maxmemory-policy noeviction", `save ""`)
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

// write puts a file of ours among the server's.
func (h *home) write(name, text string) (path string, err error) {
	path = filepath.Join(h.data(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil || !h.owner.drop {
		return path, err
	}
	return path, os.Lchown(path, int(h.owner.uid), int(h.owner.gid))
}

// pingRedis succeeds once the server has loaded its data and takes commands.
func pingRedis(ctx context.Context, socket string) error {
	answer, err := askRedis(ctx, socket, "PING")
	if err == nil && answer != "PONG" {
		err = fmt.Errorf("answered %q", answer)
	}
	return err
}

// askRedis sends one command, whose words hold no spaces, and returns the answer, which is a text or a number.
func askRedis(ctx context.Context, socket, command string) (string, error) {
	var d net.Dialer
	c, err := d.DialContext(ctx, "unix", socket)
	if err != nil {
		return "", err
	}
	defer c.Close() //nolint:errcheck // nothing is pending
	if deadline, ok := ctx.Deadline(); ok {
		_ = c.SetDeadline(deadline)
	}
	if _, err := io.WriteString(c, command+"\r\n"); err != nil {
		return "", err
	}
	in := bufio.NewReader(c)
	line, err := in.ReadString('\n')
	if err != nil {
		return "", err
	}
	kind, text := line[0], strings.TrimSpace(line[1:])
	switch kind {
	case '-':
		return "", fmt.Errorf("%s: %s", command, text)
	case '$':
		n, err := strconv.Atoi(text)
		if err != nil || n < 0 {
			return "", err
		}
		body := make([]byte, n)
		_, err = io.ReadFull(in, body)
		return string(body), err
	default:
		return text, nil
	}
}
