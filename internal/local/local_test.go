package local_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/patchbay-dev/patchbay/internal/local"
)

// TestMain lets the test binary play the program that crashes: it starts a
// server, says so and waits to be killed.
func TestMain(m *testing.M) {
	if dir := os.Getenv("LOCAL_TEST_CRASH"); dir != "" {
		var p *local.Process
		var err error
		if strings.HasSuffix(dir, "redis") {
			p, err = local.StartRedis(context.Background(), local.RedisOptions{Dir: dir})
		} else {
			p, err = local.StartPostgres(context.Background(), local.PostgresOptions{Dir: strings.TrimPrefix(dir, "temporary")})
		}
		if err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		fmt.Println(p.URL())
		select {}
	}
	os.Exit(m.Run())
}

// crash starts a server from another process and kills that process with SIGKILL.
func crash(t *testing.T, dir string) (url string) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "LOCAL_TEST_CRASH="+dir)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	url, err = bufio.NewReader(out).ReadString('\n')
	_ = cmd.Process.Kill()
	_ = cmd.Wait()
	if err != nil || !strings.Contains(url, "://") {
		t.Fatalf("the other process said %q, %v", url, err)
	}
	return strings.TrimSpace(url)
}

// room makes a directory that the servers' user reaches; t.TempDir is closed to it.
func room(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "local test ") // with spaces, as on many desktops
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

func kill(t *testing.T, pid string) {
	t.Helper()
	n, err := strconv.Atoi(pid)
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(n, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
}

// What is missing is named in one sentence with the command that installs it.
func TestServersNotInstalled(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	t.Setenv("PATCHBAY_PG_BIN", "")
	local.OnABareMachine(t)
	_, err := local.StartPostgres(t.Context(), local.PostgresOptions{Ephemeral: true})
	if want := "PostgreSQL is not installed. Fix: sudo apt-get install -y postgresql (or brew install postgresql@17)"; !errors.Is(err, local.ErrNotInstalled) || err.Error() != want {
		t.Errorf("StartPostgres = %v, want %s", err, want)
	}
	_, err = local.StartRedis(t.Context(), local.RedisOptions{Ephemeral: true})
	if want := "Redis is not installed. Fix: sudo apt-get install -y redis-server (or brew install redis)"; !errors.Is(err, local.ErrNotInstalled) || err.Error() != want {
		t.Errorf("StartRedis = %v, want %s", err, want)
	}
	t.Setenv("PATCHBAY_PG_BIN", t.TempDir())
	_, err = local.StartPostgres(t.Context(), local.PostgresOptions{Ephemeral: true})
	if !errors.Is(err, local.ErrNotInstalled) || !strings.Contains(err.Error(), "PATCHBAY_PG_BIN") {
		t.Errorf("StartPostgres = %v, want a word about PATCHBAY_PG_BIN", err)
	}
}
