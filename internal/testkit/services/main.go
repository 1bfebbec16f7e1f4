// Command services runs another command beside a throw-away PostgreSQL:
//
//	go run ./internal/testkit/services -- go test ./...
//
// The command finds the server through TEST_DATABASE_URL. If that is set
// already, nothing is started. Signals go to the command; its exit code is ours.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"

	"github.com/patchbay-dev/patchbay/internal/local"
)

func main() {
	args := os.Args[1:]
	if len(args) > 0 && args[0] == "--" {
		args = args[1:]
	}
	if len(args) == 0 {
		fmt.Fprintln(os.Stderr, "usage: services -- command [argument…]")
		os.Exit(2)
	}
	code, err := run(args)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = max(code, 1)
	}
	os.Exit(code)
}

func run(args []string) (code int, err error) {
	signals := make(chan os.Signal, 8)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	if os.Getenv("TEST_DATABASE_URL") == "" {
		started := make(chan struct{})
		go func() { // a signal while the server starts ends the start
			select {
			case s := <-signals:
				signals <- s
				cancel()
			case <-started:
			}
		}()
		server, err := inMemory(func() (*local.Process, error) {
			return local.StartPostgres(ctx, local.PostgresOptions{Ephemeral: true, MaxConnections: 300, Log: os.Stderr})
		})
		close(started)
		if errors.Is(err, context.Canceled) {
			return 130, nil
		}
		if err != nil {
			return 1, err
		}
		defer func() {
			if stopErr := server.Stop(); err == nil {
				err = stopErr
			}
		}()
		if err := os.Setenv("TEST_DATABASE_URL", server.URL()); err != nil {
			return 1, err
		}
		go func() {
			if died := <-server.Done(); died != nil {
				fmt.Fprintln(os.Stderr, died)
			}
		}()
	}
	return command(args, signals)
}

// enough memory for the databases of all tests, several times over.
const enough = 6 << 30

// inMemory has start make its temporary place in memory, if there is plenty:
// each test has a database of its own, which is some four hundred files to make
// and to remove.
func inMemory(start func() (*local.Process, error)) (*local.Process, error) {
	const place = "/dev/shm"
	var s syscall.Statfs_t
	if _, set := os.LookupEnv("TMPDIR"); set || syscall.Statfs(place, &s) != nil || s.Bavail*uint64(s.Bsize) < enough || available() < enough {
		return start()
	}
	if err := os.Setenv("TMPDIR", place); err != nil {
		return nil, err
	}
	defer func() { _ = os.Unsetenv("TMPDIR") }()
	return start()
}

// available is the memory that this machine can spare, in bytes; 0 is not known.
func available() (bytes int64) {
	said, _ := os.ReadFile("/proc/meminfo")
	for line := range strings.Lines(string(said)) {
		if n, _ := fmt.Sscanf(line, "MemAvailable: %d kB", &bytes); n == 1 {
			return bytes << 10
		}
	}
	return 0
}

// command runs args in a process group of its own: a signal reaches each of its
// processes once, whether it comes from the terminal or from kill, and nothing
// of it survives.
func command(args []string, signals <-chan os.Signal) (int, error) {
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr // no standard input: a group in the background may not read the terminal
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		return 127, err
	}
	done := make(chan struct{})
	go func() { _ = cmd.Wait(); close(done) }()
	group := -cmd.Process.Pid
	for {
		select {
		case s := <-signals:
			_ = syscall.Kill(group, s.(syscall.Signal))
			continue
		case <-done:
		}
		_ = syscall.Kill(group, syscall.SIGKILL)
		if status, ok := cmd.ProcessState.Sys().(syscall.WaitStatus); ok && status.Signaled() {
			return 128 + int(status.Signal()), nil
		}
		return cmd.ProcessState.ExitCode(), nil
	}
}
